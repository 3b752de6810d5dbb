"""The dialogs: confirm, choose, one line, an editor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList, Static, TextArea

from sandbox.model.safe_text import lines_of, one_line

T = TypeVar("T")
B = TypeVar("B", Input, TextArea)
_CANCEL: list[BindingType] = [Binding("escape", "cancel", "Cancel", show=False)]


def still(box: B) -> B:
    """A box to write in, with a cursor that does not blink: it costs nothing while nobody writes."""
    box.cursor_blink = False
    return box


def _said(words: str) -> Content:
    """Text for a label; markup in it is not interpreted."""
    return Content("\n".join(lines_of(words)))


class Dialog(ModalScreen[T]):
    """A dialog over the screen; Escape cancels."""

    BINDINGS: ClassVar[list[BindingType]] = _CANCEL

    def action_cancel(self) -> None:
        """Closes without an answer."""
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """Asks before something that cannot be undone. The button that does nothing has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "cancel", "No", show=False),
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]

    def __init__(self, question: str, detail: str, verb: str) -> None:
        super().__init__()
        self._question, self._detail, self._verb = question, detail, verb

    def compose(self) -> ComposeResult:
        """Question, what it means, two buttons."""
        with Vertical(classes="dialog -danger"):
            yield Label(_said(self._question), classes="question")
            yield Static(_said(self._detail), classes="explain")
            with Horizontal(classes="buttons"):
                yield Button("Cancel  Esc", id="no", compact=True)
                yield Button(f"{self._verb}  y", id="yes", variant="error", compact=True)

    def action_yes(self) -> None:
        """Does it."""
        self.dismiss(True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


class Choose(Dialog[T], Generic[T]):
    """One of several."""

    def __init__(self, title: str, options: Sequence[tuple[str, T]]) -> None:
        super().__init__()
        self._heading, self._options = title, options

    def compose(self) -> ComposeResult:
        """A list."""
        with Vertical(classes="dialog"):
            yield Label(_said(self._heading), classes="question")
            yield OptionList(*(Content(one_line(words)) for words, _ in self._options), compact=True)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._options[event.option_index][1])


class OneLine(Dialog[str]):
    """A line of text.

    Args:
        why_not: says why a text cannot be taken; empty when it can.
    """

    def __init__(
        self, title: str, explain: str, value: str, why_not: Callable[[str], str], presets: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self._heading, self._explain, self._value = title, explain, value
        self._why_not, self._presets = why_not, presets

    def compose(self) -> ComposeResult:
        """Title, explanation, the line, presets."""
        with Vertical(classes="dialog"):
            yield Label(_said(self._heading), classes="question")
            yield Static(_said(self._explain), classes="explain")
            yield still(Input(self._value, compact=True, select_on_focus=True))
            yield Label("", classes="wrong")
            with Horizontal(classes="buttons"):
                for preset in self._presets:
                    yield Button(Content(preset), classes="preset", compact=True)

    def on_mount(self) -> None:
        """The line has the focus."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        wrong = self._why_not(event.value)
        self.query_one(".wrong", Label).update(_said(wrong))
        if not wrong:
            self.dismiss(event.value)

    @on(Button.Pressed)
    def _preset(self, event: Button.Pressed) -> None:
        self.dismiss(str(event.button.label))


@dataclass(frozen=True)
class Edited:
    """What was written.

    Attributes:
        attributes: message attributes, as JSON.
        delay: seconds.
    """

    body: str
    attributes: dict[str, dict[str, Any]]
    delay: float = 0.0


class Editor(Dialog[Edited]):
    """An editor for a body, with fields for what goes with it.

    Args:
        verb: what happens to it (`Resend`, `Send`, `Invoke`).
        fields: name -> value of one-line fields.
        check: says why it cannot be sent; empty when it can.
        read: makes the answer of body and fields.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send", show=False, priority=True),
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        explain: str,
        body: str,
        verb: str,
        fields: dict[str, str],
        read: Callable[[str, dict[str, str]], Edited | str],
        warn: Callable[[str], str],
    ) -> None:
        super().__init__()
        self._heading, self._explain, self._body, self._verb = title, explain, body, verb
        self._fields, self._read, self._warn = fields, read, warn

    def compose(self) -> ComposeResult:
        """Title, body, fields, buttons."""
        with Vertical(classes="dialog -large"):
            yield Label(_said(self._heading), classes="question")
            yield Static(_said(self._explain), classes="explain")
            yield still(TextArea(self._body, tab_behavior="indent", show_line_numbers=True, id="editor"))
            for name, value in self._fields.items():
                with Horizontal(classes="field"):
                    yield Label(name, classes="name")
                    yield still(Input(value, id=f"field-{name}", compact=True))
            yield Label("", classes="wrong")
            with Horizontal(classes="buttons"):
                yield Button("Cancel  Esc", id="no", compact=True)
                yield Button(f"{self._verb}  ^s", id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The editor has the focus."""
        self.query_one(TextArea).focus()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self.query_one(".wrong", Label).update(_said(self._warn(self.query_one(TextArea).text)))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "yes":
            self.action_send()
        else:
            self.action_cancel()

    def action_send(self) -> None:
        """Hands back what was written, if it can be read."""
        fields = {name: self.query_one(f"#field-{name}", Input).value for name in self._fields}
        answer = self._read(self.query_one(TextArea).text, fields)
        if isinstance(answer, str):
            self.query_one(".wrong", Label).update(_said(answer))
        else:
            self.dismiss(answer)
