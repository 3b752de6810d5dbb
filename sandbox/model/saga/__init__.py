"""Sagas: how one is declared, and what the journal's hops say about one.

`declaration` is the typed form of a saga declaration, `parsing` and `checks` read it, `names` puts the names
of a deployed stack into it. `timeline` turns hops into stretches of waiting and working, `progress` says from
these how far a saga has come, `waiting` puts what it waits for into words. All of it is pure.
"""
