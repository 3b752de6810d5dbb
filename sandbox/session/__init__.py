"""The composition root: puts store, clock, journal, engine, front door, deployer and control API together.

`statefolder` owns the folder on disk, `options` says what to start, `session` starts and stops it, `methods`
is what the control socket offers, `views` renders it for people and programs, `door` serves HTTP.
"""
