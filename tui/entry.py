"""What the command line finds by entry point: run it here, serve it to a browser, list its keys."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

from sandbox.errors import UsageError
from sandbox.model.views.flowfile import FlowFile
from tui.themes import THEMES

_PREFIX = "sandbox-"
#: New objects after which garbage is looked for.
_GARBAGE = 50_000


def theme_name(name: str | None) -> str:
    """The theme that a short name means (`dark`, `light`); the environment's or the dark one for None.

    Raises:
        UsageError: there is none.
    """
    chosen = name or os.environ.get("SANDBOX_THEME") or THEMES[0].name
    known = [theme.name for theme in THEMES]
    full = chosen if chosen.startswith(_PREFIX) else _PREFIX + chosen
    if full not in known:
        short = [other.removeprefix(_PREFIX) for other in known]
        near = get_close_matches(chosen, short, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(
            f"there is no theme {chosen}", f"the themes are {', '.join(short)}{hint}", "name one of these"
        )
    return full


def run(state: Path, *, theme: str | None = None, flows: FlowFile | None = None) -> None:
    """Runs the dashboard of a state folder, or of flows in a file, in this terminal until it is left.

    Args:
        state: the state folder; the sandbox need not run yet.
        flows: what a failed test left behind; no sandbox is asked then.

    Raises:
        UsageError: there is no such theme.
    """
    from sandbox.control.client import ControlClient
    from tui.app import Dashboard
    from tui.encoding import speaks_unicode
    from tui.feed.base import Feed
    from tui.feed.file import FileFeed
    from tui.feed.live import LiveFeed

    chosen = theme_name(theme)
    gc.freeze()  # what was imported is never garbage; pictures are large, and hold no cycles
    gc.set_threshold(_GARBAGE)
    feed: Feed = LiveFeed(lambda: ControlClient(state)) if flows is None else FileFeed(flows)
    Dashboard(feed, theme=chosen, plain=not speaks_unicode(), offline=flows is not None).run()


def serve(state: Path, *, port: int, theme: str | None, say: Callable[[str], None]) -> None:
    """Serves it to a browser until Ctrl-C.

    Raises:
        UsageError: there is no such theme.
        PortTakenError: another process listens on the port.
    """
    from tui.serve.server import serve as serve_to_browsers

    serve_to_browsers(state, port=port, theme=theme_name(theme) if theme else None, say=say)


def keys() -> str:
    """Every key of every screen, as Markdown."""
    from tui.actions import keys_as_markdown

    return keys_as_markdown()
