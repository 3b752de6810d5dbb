"""The first screen: problems, and the map of the system as the paths that events take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.model.safe_text import one_line
from sandbox.model.views.system import EdgeView, MapView, NodeView, ProblemView
from tui.present import marks
from tui.present.cells import Cell, Drawn, Line, Span, Tone, join, squeeze, text, width_of
from tui.present.numbers import per_second, sparkline
from tui.present.table import Column, Scene, Table

_STARTS = {"api": 0, "schedule": 1, "rule": 2, "topic": 3, "bucket": 4, "table": 5}
#: Shown as a beginning only where something follows; what writes to it names it as well.
_MIDDLE = "table"

_QUEUES = ("queue", "dlq")


@dataclass(frozen=True)
class Path:
    """One way through the system: what begins it, the queue, the function, what it hands on to, and where
    its failures go.
    """

    start: NodeView | None
    queue: NodeView | None = None
    function: NodeView | None = None
    letters: NodeView | None = None
    onward: tuple[NodeView, ...] = ()

    @property
    def key(self) -> str:
        """What identifies it."""
        return "/".join(node.id if node else "" for node in (self.start, self.queue, self.function))

    @property
    def nodes(self) -> list[NodeView]:
        """Its nodes in order."""
        return [node for node in (self.start, self.queue, self.function, self.letters) if node]


def paths(system: MapView) -> list[Path]:
    """The map as paths: APIs, schedules, rules, topics, buckets, streams, and queues that nothing feeds."""
    nodes = {node.id: node for node in system.nodes}
    result: list[Path] = []
    seen: set[str] = set()
    starts = sorted(
        (node for node in system.nodes if node.kind in _STARTS),
        key=lambda node: (_STARTS[node.kind], node.name),
    )
    for start in starts:
        ways = [edge for edge in _from(system, start.id) if edge.kind != "dead-letters"]
        reached = [edge.target for edge in ways if edge.target in nodes]
        for target in dict.fromkeys(reached) if reached else ():
            result += _onward(system, nodes, start, nodes[target], seen)
        if not reached and start.kind != _MIDDLE:
            result.append(Path(start, letters=_letters_of(system, nodes, start)))
    # Queues first: what reads one is no beginning of its own.
    for node in sorted(system.nodes, key=lambda node: node.kind == "function"):
        if node.id not in seen and _begins(system, node):
            for feeder in _feeders(system, nodes, node) or (None,):
                result += _onward(system, nodes, feeder, node, seen)
    return [path for path in result if path.start or path.queue or path.function]


def _begins(system: MapView, node: NodeView) -> bool:
    """Whether a resource that no beginning led to is shown: dead letters only where a function reads them."""
    return node.kind in ("queue", "function") or (
        node.kind == "dlq" and any(edge.kind == "triggers" for edge in _from(system, node.id))
    )


def _feeders(system: MapView, nodes: dict[str, NodeView], node: NodeView) -> list[NodeView]:
    """What is known to send to a queue: functions, and whoever sends its dead letters there."""
    if node.kind not in _QUEUES:
        return []
    sources = (edge.source for edge in system.edges if edge.target == node.id)
    return [nodes[source] for source in dict.fromkeys(sources) if source in nodes]


def _onward(
    system: MapView, nodes: dict[str, NodeView], start: NodeView | None, node: NodeView, seen: set[str]
) -> list[Path]:
    seen.add(node.id)
    if node.kind in _QUEUES:
        edges = _from(system, node.id)
        letters = _letters_of(system, nodes, node)
        functions = [nodes[edge.target] for edge in edges if edge.kind == "triggers" and edge.target in nodes]
        seen.update(item.id for item in functions)
        if not functions:
            return [Path(start, node, None, letters)]
        return [
            Path(start, node, function, letters, _onward_of(system, nodes, function))
            for function in functions
        ]
    if node.kind == "function":
        return [Path(start, None, node, _letters_of(system, nodes, node), _onward_of(system, nodes, node))]
    if start is None:
        return []
    return [Path(start, node, letters=_letters_of(system, nodes, start))]


def _letters_of(system: MapView, nodes: dict[str, NodeView], node: NodeView) -> NodeView | None:
    edges = _from(system, node.id)
    found = (nodes[edge.target] for edge in edges if edge.kind == "dead-letters" and edge.target in nodes)
    return next(found, None)


def _onward_of(system: MapView, nodes: dict[str, NodeView], function: NodeView) -> tuple[NodeView, ...]:
    """Where a function publishes to, and the databases it connects to."""
    return tuple(
        nodes[edge.target]
        for edge in _from(system, function.id)
        if edge.kind in ("publishes", "connects") and edge.target in nodes
    )


def _from(system: MapView, source: str) -> list[EdgeView]:
    return [edge for edge in system.edges if edge.source == source]


def node_line(node: NodeView, width: int) -> Line:
    """A resource: its sign in the tone of its health, its name, and the note when something is wrong."""
    tone = marks.tone(node.health)
    wrong = node.health in ("problem", "warning")
    note = f" {marks.glyph(node.health)}" if wrong else ""
    if wrong and node.note and len(node.name) + len(node.note) + 5 <= width:
        note += f" {one_line(node.note)}"
    name = squeeze(one_line(node.name), max(3, width - 2 - len(note)))
    sign: Span = (f"{marks.kind_glyph(node.kind)} ", tone)
    return (sign, (name, tone if wrong else Tone.PLAIN), (note, tone))


def _arrow(node: NodeView | None, next_here: bool, scene: Scene) -> Drawn:
    """A resource with an arrow to what follows it; the arrow runs through columns that are empty.

    Args:
        next_here: whether the very next column is what it points to.
    """

    def draw(width: int) -> Line:
        if node is None:
            return (("─" * (width - 1) + "▶", Tone.IDLE),)
        line = node_line(node, width - 3)
        active = scene.rates.rate(f"node:{node.id}", scene.wall) > 0
        left = width - width_of(line) - 1
        arrow = "─" * (left - 1) + ("▶" if next_here else "─")
        return (*line, (" " + arrow, Tone.BUSY if active else Tone.IDLE))

    return draw


def _alone(node: NodeView) -> Drawn:
    return lambda width: node_line(node, width)


def _end(path: Path) -> Cell:
    if path.letters:
        return _alone(path.letters)
    if path.onward:
        signs = (text(f"{marks.kind_glyph(node.kind)} {node.name}", Tone.DIM) for node in path.onward)
        return join(*signs, gap="  ")
    return ()


def _start(path: Path, scene: Scene) -> Cell:
    if path.start is None:
        return text("(sent directly)", Tone.IDLE)
    if path.queue is None and path.function is None:
        return _alone(path.start)
    return _arrow(path.start, path.queue is not None, scene)


def _queue(path: Path, scene: Scene) -> Cell:
    if path.queue is None:
        return _arrow(None, True, scene) if path.function is not None and path.start is not None else ()
    return _arrow(path.queue, True, scene) if path.function is not None else _alone(path.queue)


def _cells(path: Path, scene: Scene) -> Sequence[Cell]:
    queue = path.queue if path.queue and path.queue.kind in _QUEUES else None
    busiest = queue or path.function or path.start
    name = f"node:{busiest.id}" if busiest else ""
    nobody = text("no consumer", Tone.IDLE) if path.queue and path.queue.kind in _QUEUES else ()
    return (
        _start(path, scene),
        _queue(path, scene),
        _alone(path.function) if path.function else nobody,
        _end(path),
        lambda width: sparkline(scene.rates.series(name, scene.wall, width), width),
        text(per_second(scene.rates.rate(name, scene.wall)) or "–", Tone.DIM),
    )


PATHS: Table[Path] = Table(
    columns=(
        Column("BEGINS WITH", 20, flex=3),
        Column("QUEUE / TARGET", 18, flex=3),
        Column("FUNCTION", 17, flex=2),
        Column("THEN", 17, flex=2, rank=1),
        Column("LAST MINUTE", 12, flex=1, rank=2),
        Column("RATE", 6, right=True, rank=3),
    ),
    cells=_cells,
    key=lambda path: path.key,
    find=lambda path: " ".join(node.name for node in path.nodes),
)

_SEVERITY = {"error": "problem", "problem": "problem", "warning": "warning"}


def problem_line(problem: ProblemView) -> Line:
    """One problem."""
    state = _SEVERITY.get(problem.severity, "info")
    return ((f"{marks.glyph(state)} ", marks.tone(state)), *text(problem.text))


PROBLEMS: Table[ProblemView] = Table(
    columns=(Column("", 40, flex=1), Column("", 12, rank=1)),
    cells=lambda problem, scene: (
        problem_line(problem),
        text(f"→ {problem.refers_kind}" if problem.refers_kind else "", Tone.DIM),
    ),
    key=lambda problem: f"{problem.severity}/{problem.text}",
    find=lambda problem: problem.text,
)
