"""`python -m tui STATE [THEME]`: the dashboard, as the browser's server starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from tui.entry import run

if __name__ == "__main__":
    run(Path(sys.argv[1]), theme=sys.argv[2] if len(sys.argv) > 2 else None)
