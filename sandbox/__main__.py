"""`python -m sandbox`: the command line, where the console script is not on the path."""

from __future__ import annotations

from sandbox.cli import main

main()
