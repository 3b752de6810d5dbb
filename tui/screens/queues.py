"""Queues & DLQs, with the message desk: peek, dead letters, redrive, edit and resend, drop, send, purge."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from sandbox.model.views.messages import DeadLetter, MessageView, QueueView
from tui.actions import bindings
from tui.picture import Trouble
from tui.present.absent import absent, refused
from tui.present.cells import Line, Tone, join, text
from tui.present.messages import MESSAGES, Shown, detail, message_of
from tui.present.numbers import count
from tui.present.paging import PAGE, Pages
from tui.present.queues import QUEUES, about, ordered
from tui.present.refs import Ref
from tui.present.table import Scene
from tui.screens.desk import Desk
from tui.widgets.grid import Grid
from tui.widgets.line import Title
from tui.widgets.pane import Pane

#: Virtual seconds after which the ages among the details are told anew.
_AGES = 5
_STATES = (None, "visible", "in-flight", "delayed")


class Queues(Desk):
    """Queues on top, the messages of the one under the cursor below, and the message under the cursor
    beside.
    """

    NAME = "queues"
    SEARCHES = ("queues", "messages")
    TOPICS: ClassVar[frozenset[str]] = frozenset({"snapshot", "queues"})
    ABOUT = (
        "Every queue with what lies in it, its dead-letter queue below it. The desk below shows the "
        "messages without receiving them; for a dead letter: why it died, its stack trace, and the flow "
        "it belongs to (g)."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("queues")]

    def __init__(self) -> None:
        super().__init__()
        self._state: str | None = None
        self._pages: Pages[Shown] = Pages()
        self._of: tuple[str, str | None, str] | None = None
        self._counts: tuple[int, ...] = ()
        self._trouble: Trouble | None = None
        #: The user asked for the last message, and not all are loaded.
        self._to_end = False

    def body(self) -> ComposeResult:
        """Three parts."""
        yield Grid(QUEUES, id="queues", classes="top")
        yield Title(id="desk-title")
        with Container(classes="split"):
            yield Grid(MESSAGES, id="messages", classes="master")
            yield Pane(id="message", classes="detail")

    def draw(self, scene: Scene) -> None:
        """Queues, then the messages of the one under the cursor."""
        picture = scene.picture
        queues = self.searched(ordered(picture.queues or ()), QUEUES, "queues")
        needle = self.needle_in("queues")
        self._queues.show(
            queues, scene, empty=absent(picture, ("queues",), "no queues", "deploy a system", needle)
        )
        self._look(scene)

    @property
    def _queues(self) -> Grid[QueueView]:
        return self.query_one("#queues", Grid)

    @property
    def messages(self) -> Grid[Shown]:
        """The messages below."""
        return self.query_one("#messages", Grid)

    @property
    def _in_desk(self) -> bool:
        return self.focused is not None and self.focused.id in ("messages", "message")

    @property
    def queue(self) -> QueueView | None:
        """The queue under the cursor."""
        return self._queues.thing

    @property
    def thing(self) -> Any:
        """A message when the desk has the focus, else the queue."""
        return self.messages.thing if self._in_desk else self.queue

    # -- the desk

    def _look(self, scene: Scene) -> None:
        """Asks for the messages when the queue, the state or the counts have changed, and shows what is
        known.
        """
        queue = self.queue
        if queue is None:
            self._of = None
            self._pages.clear()
            self._show_desk(scene)
            return
        state = None if queue.is_dead_letter_queue else self._state
        of = (queue.name, state, self.needle_in("messages"))
        counts = (queue.visible, queue.in_flight, queue.delayed, queue.sent, queue.received, queue.deleted)
        if of != self._of:
            self._of = of
            self._pages.clear()
            self.messages.marked.clear()
            self._trouble, self._to_end = None, False
            self.fetch(0)
        elif counts != self._counts and scene.picture.live:
            self.fetch(self._page)
        self._counts = counts
        self._show_desk(scene)

    @property
    def _page(self) -> int:
        return self.messages.scroll_offset.y // PAGE

    def fetch(self, page: int) -> None:
        """Asks for a page of messages."""
        queue = self.queue
        if queue is None:
            return
        needle = self.needle_in("messages")
        if queue.is_dead_letter_queue:
            self.ask(
                "dlq_show",
                list[DeadLetter],
                lambda answer: self._arrived(page, answer),
                self._refused,
                topic="desk",
                queue=queue.name,
                limit=PAGE,
                offset=page * PAGE,
                match=needle,
            )
        else:
            self.ask(
                "queue_peek",
                list[MessageView],
                lambda answer: self._arrived(page, answer),
                self._refused,
                topic="desk",
                queue=queue.name,
                state=self._state,
                limit=PAGE,
                offset=page * PAGE,
                match=needle,
            )

    def _arrived(self, page: int, messages: list[Shown]) -> None:
        self._trouble = None
        self._pages.put(page, messages)
        self._show_desk(self.host.scene())
        if self._to_end:
            self.messages.go_to_end()
            self._to_end = len(messages) == PAGE and self._has_more
            self._load_more()
            self._show_message(self.host.scene())
        self.show_keys()

    def _refused(self, trouble: Trouble) -> None:
        self._trouble, self._to_end = trouble, False
        self._show_desk(self.host.scene())

    def _show_desk(self, scene: Scene) -> None:
        queue = self.queue
        title = self.query_one("#desk-title", Title)
        title.show((*about(queue),) if queue else (), self._state_words())
        self.messages.show(self._pages.items, scene, empty=self._empty(scene))
        self._show_message(scene)

    def _state_words(self) -> Line:
        queue = self.queue
        loaded, whole = len(self._pages.items), self.whole
        words = text("" if loaded >= whole else f"{count(loaded)} of {count(whole)} loaded", Tone.DIM)
        if self.needle_in("messages"):
            words = text(f"{count(loaded)}{'' if self._all_found else '+'} found", Tone.WARN)
        words = join(self.moving_words(), words, gap=" · ")
        if queue is not None and not queue.is_dead_letter_queue and self._state:
            words = join(words, text(f"only {self._state}", Tone.WARN), gap=" · ")
        marked = len(self.messages.marked)
        return join(words, text(f"{marked} marked", Tone.WARN), gap=" · ") if marked else words

    @property
    def whole(self) -> int:
        """Messages of the state that is shown."""
        queue = self.queue
        if queue is None:
            return 0
        if self._state and not queue.is_dead_letter_queue:
            return {"visible": queue.visible, "in-flight": queue.in_flight, "delayed": queue.delayed}[
                self._state
            ]
        return queue.visible + queue.in_flight + queue.delayed

    @property
    def _all_found(self) -> bool:
        """Whether a search has given all it finds: its last page was not full."""
        return len(self._pages.items) % PAGE != 0 or not self._pages.items

    def _empty(self, scene: Scene) -> tuple[Line, ...]:
        if self._trouble is not None:
            return refused(self._trouble)
        if self.queue is not None and not self._pages.known and scene.picture.live:
            return (text("  loading …", Tone.DIM),)
        letters = self.queue is not None and self.queue.is_dead_letter_queue
        hint = "no dead letters: good" if letters else "no messages; n sends one"
        return absent(scene.picture, (), hint, needle=self.needle_in("messages"))

    def _show_message(self, scene: Scene) -> None:
        shown = self.messages.thing
        pane = self.query_one("#message", Pane)
        if shown is None:
            pane.show(None)
        else:
            pane.show(detail(shown, scene.now), message_of(shown).message_id, (shown, int(scene.now / _AGES)))

    @on(Grid.Moved, "#queues")
    def _queue_moved(self) -> None:
        self._look(self.host.scene())
        self.show_keys()

    @on(Grid.Moved, "#messages")
    def _message_moved(self) -> None:
        self._show_message(self.host.scene())
        if not self._to_end:
            self._load_more()
        self.show_keys()

    @on(Grid.Scrolled, "#messages")
    def _message_scrolled(self, message: Grid.Scrolled) -> None:
        self._to_end = message.to_end and self._has_more
        if self._to_end:
            self._load_more()

    @property
    def _has_more(self) -> bool:
        return len(self._pages.items) < self.whole and not (self.needle_in("messages") and self._all_found)

    def _load_more(self) -> None:
        """The next page, once the cursor comes near the end of what is loaded."""
        loaded = len(self._pages.items)
        if self._has_more and self.messages.cursor >= loaded - PAGE // 2:
            self.fetch(loaded // PAGE)

    @on(Grid.Chosen, "#queues")
    def _queue_chosen(self) -> None:
        self.messages.focus()

    @on(Grid.Chosen, "#messages")
    def _message_chosen(self) -> None:
        self.open_detail()

    def find(self, ref: Ref) -> bool:
        """A queue, by name; a dead-letter queue too."""
        if self._queues.go_to(ref.id):
            self._queues.focus()
            return True
        return bool(self._queues.things)

    # -- actions

    def available(self, action: str) -> bool:
        """Redrive, edit and drop are for dead letters; AWS redrives those of queues alone."""
        queue = self.queue
        if action == "stop":
            return self.moving
        if queue is None:
            return False
        if action in ("redrive", "redrive_all") and self.moving:
            return False
        if action == "redrive":
            return bool(queue.sources) and self.messages.thing is not None
        if action in ("edit", "drop"):
            return queue.is_dead_letter_queue and self.messages.thing is not None
        if action == "redrive_all":
            return bool(queue.sources) and self.whole > 0
        if action == "state":
            return not queue.is_dead_letter_queue
        return True

    def action_mark(self) -> None:
        """Marks the message under the cursor."""
        self.messages.toggle_mark()
        self._show_desk(self.host.scene())

    def action_state(self) -> None:
        """The next state to filter by."""
        self._state = _STATES[(_STATES.index(self._state) + 1) % len(_STATES)]
        self._look(self.host.scene())
