"""`python -m tests.tui.canned_dashboard`: the dashboard on the canned system, for a browser to look at."""

from __future__ import annotations

from tests.tui.fakes import FakeClock, FakeFeed
from tui.app import Dashboard

if __name__ == "__main__":
    Dashboard(FakeFeed(), wall=FakeClock()).run()
