"""The screens: each puts widgets together, hands them what `present` makes of the picture, and runs its
actions.
"""
