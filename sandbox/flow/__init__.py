"""The journal: every hop of every event, recorded at one place, and the questions asked of it.

`recorder` writes hops (and finds the business keys in what they carry), `queries` reads them, `tree` draws
the causal tree of one flow.
"""
