"""The dashboard in a real terminal: a tmux of its own, into which keys are typed and whose screen is read."""

from __future__ import annotations

import shutil
import subprocess
from types import TracebackType
from typing import Self
from uuid import uuid4

from tests.e2e.harness import BIN, Sandbox
from tests.e2e.waiting import eventually

TMUX = shutil.which("tmux")


class Terminal:
    """`sandbox tui` in a terminal of some size.

    Args:
        sandbox: whose dashboard.
        name: of the terminal, where there are several.
    """

    def __init__(self, sandbox: Sandbox, *, width: int = 120, height: int = 40, name: str = "tmux") -> None:
        # A socket of its own each time: a server that was told to go may still be on the one before.
        self._socket = sandbox.folder / f"{name}-{uuid4().hex[:6]}"
        self._environment = {**sandbox.environment, "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        # What a test runner says of its own terminal (pytest-xdist does) is not this one's size.
        for name in ("TMUX", "COLUMNS", "LINES"):
            self._environment.pop(name, None)
        size = ("-x", str(width), "-y", str(height))
        command = (str(BIN / "sandbox"), "tui", "--state", str(sandbox.state))
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, *command)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._tmux("kill-server", check=False)

    @property
    def screen(self) -> str:
        """What is on the screen, as text; nothing when the dashboard was left."""
        return self._tmux("capture-pane", "-p", check=False)

    @property
    def ended(self) -> bool:
        """Whether the dashboard was left."""
        return not self._tmux("list-sessions", check=False)

    def press(self, *keys: str) -> None:
        """Presses keys, as tmux names them."""
        self._tmux("send-keys", *keys)

    def write(self, text: str) -> None:
        """Types a text."""
        self._tmux("send-keys", "-l", text)

    def until(self, *texts: str, without: str = "\0") -> str:
        """Waits until all texts are on the screen, and another is not; returns the screen."""
        return eventually(
            lambda: self.screen,
            lambda screen: all(text in screen for text in texts) and without not in screen,
            what=f"{' and '.join(texts)} on the dashboard",
        )

    def _tmux(self, *words: str, check: bool = True) -> str:
        assert TMUX is not None
        done = subprocess.run(
            (TMUX, "-S", str(self._socket), *words),
            env=self._environment,
            capture_output=True,
            text=True,
            check=check,
        )
        return done.stdout
