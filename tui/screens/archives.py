"""What can be done with archives of buses: replay, and cancel a replay."""

from __future__ import annotations

from sandbox.model.durations import parse_moment
from sandbox.model.views.archives import ArchiveView, ReplayView
from tui.present.archives import GOING_ON, Kept
from tui.screens.base import Board
from tui.screens.dialogs import OneLine


class ArchiveDesk(Board):
    """The actions of a screen that shows archives and replays; the screen says which is selected."""

    @property
    def kept(self) -> Kept | None:
        """The archive or replay under the cursor."""
        raise NotImplementedError

    def replayable(self) -> bool:
        """Whether an archive is selected."""
        return isinstance(self.kept, ArchiveView)

    def cancellable(self) -> bool:
        """Whether a replay is selected that goes on."""
        return isinstance(self.kept, ReplayView) and self.kept.state in GOING_ON

    def action_replay(self) -> None:
        """Asks from when on, and replays."""
        archive = self.kept
        if not isinstance(archive, ArchiveView):
            return

        def go(words: str | None) -> None:
            if words is not None:
                self.ask(
                    "bus_replay",
                    ReplayView,
                    lambda replay: self.done(f"replaying {archive.name} to {replay.bus}"),
                    archive=archive.name,
                    since=_moment(words, self.host.scene().now),
                )

        explain = (
            f"The rules of {archive.bus} get its events again, marked with the replay's name. From when on: "
            "how long ago (2h), a time (2026-11-27T12:00:00Z), or nothing for all of it. Esc cancels."
        )
        self.app.push_screen(OneLine(f"Replay {archive.name}?", explain, "", _why_no_moment), go)

    def action_cancel_replay(self) -> None:
        """Cancels the replay."""
        replay = self.kept
        if not isinstance(replay, ReplayView):
            return
        self.confirm(
            f"Cancel the replay {replay.name}?",
            "What it has sent so far stays sent.",
            "Cancel it",
            lambda: self.ask(
                "bus_cancel",
                ReplayView,
                lambda found: self.done(f"{found.name} is {found.state.lower()}"),
                replay=replay.name,
            ),
        )


def _moment(words: str, now: float) -> float | None:
    return parse_moment(words, now) if words.strip() else None


def _why_no_moment(words: str) -> str:
    try:
        _moment(words, 0.0)
    except ValueError as error:
        return str(error)
    return ""
