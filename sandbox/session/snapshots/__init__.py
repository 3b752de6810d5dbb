"""Snapshots: the whole sandbox in one file, to return to or to share.

`manifest` says what a file holds, `container` writes and checks it, `journalcopy` takes the journal along,
`shelf` saves and loads, `comparison` tells two of them apart.
"""
