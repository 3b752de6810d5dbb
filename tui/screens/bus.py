"""Bus: rules and their matches, the newest events, and why they matched or did not."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from sandbox.model.hops import Hop
from sandbox.model.views.flows import NearMiss
from sandbox.model.views.system import RuleView
from tui.actions import bindings
from tui.picture import Trouble
from tui.present.absent import absent, refused
from tui.present.archives import ARCHIVES, Kept, archive_detail, in_order
from tui.present.bus import EVENTS, RULES, event_detail, rule_detail, rules_of, summary
from tui.present.bus import in_order as buses_in_order
from tui.present.cells import Tone, text
from tui.present.refs import Ref
from tui.present.table import Scene
from tui.screens.archives import ArchiveDesk
from tui.widgets.grid import Grid
from tui.widgets.line import Title
from tui.widgets.pane import Pane

_EVENTS = 200
_ARCHIVE_HINT = "a template makes one: AWS::Events::Archive; or `aws events create-archive`"


class Bus(ArchiveDesk):
    """Rules on top, the newest events of the bus below, details beside."""

    NAME = "bus"
    SEARCHES = ("rules", "events", "archives")
    TOPICS: ClassVar[frozenset[str]] = frozenset({"snapshot", "queues"})
    ABOUT = (
        "Every rule with its targets and how often it matched; below, the newest events of its bus. For "
        "the event under the cursor: which rules matched it, and for every other rule the first part of "
        "its pattern that failed. a shows the archives and their replays in the place of the events."
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("bus")]

    def __init__(self) -> None:
        super().__init__()
        self._events: list[Hop] = []
        self._of: tuple[str, str, int] | None = None
        self._misses: dict[int, list[NearMiss]] = {}
        self._trouble: Trouble | None = None
        self._archives = False

    def topics(self) -> frozenset[str]:
        """With archives and replays while they are shown."""
        return self.TOPICS | ({"archives", "replays"} if self._archives else set())

    def body(self) -> ComposeResult:
        """Rules, events, details."""
        yield Title(id="bus-title")
        yield Grid(RULES, id="rules", classes="top")
        yield Title(id="events-title")
        with Container(classes="split"):
            yield Grid(EVENTS, id="events", classes="master")
            yield Grid(ARCHIVES, id="archives", classes="master")
            yield Pane(id="event", classes="detail")

    @property
    def _rules(self) -> Grid[RuleView]:
        return self.query_one("#rules", Grid)

    @property
    def _list(self) -> Grid[Hop]:
        return self.query_one("#events", Grid)

    @property
    def _kept(self) -> Grid[Kept]:
        return self.query_one("#archives", Grid)

    @property
    def kept(self) -> Kept | None:
        """The archive or replay under the cursor, while they are shown."""
        return self._kept.thing if self._archives else None

    @property
    def _in_events(self) -> bool:
        return self.focused is not None and self.focused.id in ("events", "event", "archives")

    @property
    def thing(self) -> Any:
        """An event when the lower half has the focus, else the rule."""
        below = self._kept.thing if self._archives else self._list.thing
        return below if self._in_events else self._rules.thing

    def draw(self, scene: Scene) -> None:
        """Rules, then events."""
        buses = buses_in_order(scene.picture.buses or ())
        rules = rules_of(buses)
        found = self.searched(rules, RULES, "rules")
        self._rules.show(
            found, scene, empty=absent(scene.picture, ("snapshot",), "no rules", "", self.needle_in("rules"))
        )
        self.query_one("#bus-title", Title).show(summary(buses) if buses else text("Buses", Tone.TITLE))
        self._look(scene)

    def _look(self, scene: Scene) -> None:
        rule = self._rules.thing
        bus = next(
            (bus for bus in scene.picture.buses or () if rule is not None and bus.name == rule.bus), None
        )
        needle = self.needle_in("events")
        if bus is not None and (bus.name, needle, bus.events) != self._of and scene.picture.live:
            if self._of is None or self._of[:2] != (bus.name, needle):
                self._events = []
            self._of = (bus.name, needle, bus.events)
            self.ask(
                "bus_events",
                list[Hop],
                self._arrived,
                self._refused,
                topic="events",
                bus=bus.name,
                limit=_EVENTS,
                match=needle,
            )
        self._show(scene)

    def _arrived(self, events: list[Hop]) -> None:
        self._trouble = None
        self._events = sorted(events, key=lambda hop: -hop.id)
        self._show(self.host.scene())

    def _refused(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._show(self.host.scene())

    def _show(self, scene: Scene) -> None:
        needle = self.needle_in("events")
        nothing = absent(scene.picture, (), "no event yet", needle=needle)
        self._list.show(self._events, scene, empty=refused(self._trouble) if self._trouble else nothing)
        bus = self._of[0] if self._of else ""
        words = f"Newest events of {bus}" if bus else "Events"
        if self._archives:
            self._show_archives(scene)
            words = "Archives and replays"
        self._list.display, self._kept.display = not self._archives, self._archives
        self.query_one("#events-title", Title).show(text(words, Tone.TITLE))
        self._show_detail(scene)

    def _show_archives(self, scene: Scene) -> None:
        picture = scene.picture
        kept = in_order(picture.archives or (), picture.replays or ())
        found = self.searched(kept, ARCHIVES, "archives")
        needle = self.needle_in("archives")
        empty = absent(picture, ("archives", "replays"), "no bus has an archive", _ARCHIVE_HINT, needle)
        self._kept.show(found, scene, empty=empty)

    def _show_detail(self, scene: Scene) -> None:
        pane = self.query_one("#event", Pane)
        event, rule = self._list.thing, self._rules.thing
        if self.kept is not None:
            pane.show(archive_detail(self.kept), ARCHIVES.key(self.kept), self.kept)
        elif self._in_events and event is not None:
            misses = self._misses.get(event.id)
            pane.show(event_detail(event, misses), event.id, (misses,))
            if event.id not in self._misses:
                self._ask_why(event)
        elif rule is not None:
            pane.show(rule_detail(rule, scene.now), rule.arn)
        else:
            pane.show(None)

    def _ask_why(self, event: Hop) -> None:
        def show(misses: list[NearMiss]) -> None:
            self._misses[event.id] = misses
            self._show_detail(self.host.scene())

        def refused(trouble: Trouble) -> None:
            reason = "this sandbox cannot tell" if trouble.missing else trouble.what
            show([NearMiss(bus="", rule="", matched=False, reason=reason)])

        self._misses.setdefault(event.id, [])
        self.ask("flow_near_misses", list[NearMiss], show, refused, topic="why", hop=event.id)

    @on(Grid.Moved, "#rules")
    def _rule_moved(self) -> None:
        self._look(self.host.scene())
        self.show_keys()

    @on(Grid.Moved, "#archives")
    @on(Grid.Moved, "#events")
    def _event_moved(self) -> None:
        self._show_detail(self.host.scene())
        self.show_keys()

    def on_descendant_focus(self) -> None:
        """The details are of what has the focus."""
        super().on_descendant_focus()
        if self.is_mounted:
            self._show_detail(self.host.scene())

    @on(Grid.Chosen, "#rules")
    def _rule_chosen(self) -> None:
        self.open_detail()

    @on(Grid.Chosen, "#archives")
    @on(Grid.Chosen, "#events")
    def _event_chosen(self) -> None:
        self.open_detail()

    def find(self, ref: Ref) -> bool:
        """A rule by name, or the first rule of a bus."""
        for rule in self._rules.things:
            if ref.id in (rule.name, rule.arn, rule.bus):
                self._rules.focus()
                return self._rules.go_to(rule.arn)
        return bool(self._rules.things)

    def available(self, action: str) -> bool:
        """Why it matched is asked about an event."""
        if action == "archives":
            return True
        if action in ("replay", "cancel_replay"):
            return self.replayable() if action == "replay" else self.cancellable()
        if action == "misses":
            return self._list.thing is not None and not self._archives
        return bool(self._events)

    def action_events(self) -> None:
        """Goes to the events."""
        self._turn_to(archives=False)

    def action_archives(self) -> None:
        """Archives and replays, or the events again."""
        self._turn_to(archives=not self._archives)

    def _turn_to(self, *, archives: bool) -> None:
        self._archives = archives
        self.host.feed.want(self.topics())
        self.redraw()
        (self._kept if archives else self._list).focus()

    def action_misses(self) -> None:
        """Goes to the event's details."""
        self._list.focus()
        self.open_detail()
