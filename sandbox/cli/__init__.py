"""The command line: one module per group of commands, loaded when the command is named.

Standard output carries data only (`output`); everything said to the user goes to standard error
(`diagnostics`), which owns the exit codes too.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the console script `sandbox`."""
    try:
        from sandbox.cli.app import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the command line itself is loaded
        status = 130
    sys.exit(status)
