"""The declaration of a saga: `saga.yaml` beside a system, read into types and checked.

Three ways to write a saga exist, and a declaration names its own (`Style`). What is declared is the same for
all of them; who tells the state of a running saga is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum

import msgspec

from sandbox.errors import SandboxError
from sandbox.model.durations import parse_duration

#: Where in the document something stands: names of members and indexes of lists.
Place = tuple[str | int, ...]


class DeclarationError(SandboxError):
    """A saga declaration is wrong somewhere.

    Attributes:
        place: where in the document.
    """

    def __init__(self, place: Place, why: str, remedy: str) -> None:
        super().__init__(f"the saga declaration is wrong at {place_words(place)}", why, remedy)
        self.place = place


class Style(StrEnum):
    """How a saga is written, and so who knows its state."""

    CHOREOGRAPHY = "choreography"  # participants react to events; the state is in the database
    STEP_FUNCTIONS = "step-functions"  # a state machine directs; the state is its execution
    DURABLE_FUNCTION = "durable-function"  # one function directs; the state is its checkpoints


class Meaning(StrEnum):
    """What a state of the database means for the saga."""

    RUNNING = "running"
    COMPLETED = "completed"
    COMPENSATED = "compensated"
    FAILED = "failed"


class When(StrEnum):
    """When an invariant holds."""

    ALWAYS = "always"  # in every committed state
    SETTLED = "settled"  # once no saga is running


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Unknown members are refused, so that a misspelt one is not silently without effect."""


class Trigger(_Part, frozen=True, kw_only=True):
    """What begins a step: a request (`POST /path`), or an event, and the queue it comes through."""

    request: str = ""
    event: str = ""
    queue: str = ""


class Participant(_Part, frozen=True, kw_only=True):
    """Who takes part.

    Attributes:
        function: the function that does its steps.
        source: `source` of its events.
        outbox: table in which its events wait for being published.
        processed: table of the events that it has handled already.
        relays: outboxes whose events it publishes for others.
    """

    name: str
    function: str
    source: str = ""
    outbox: str = ""
    processed: str = ""
    relays: tuple[str, ...] = ()


class Step(_Part, frozen=True, kw_only=True):
    """One local transaction.

    Attributes:
        emits: types of the events of which it publishes one.
        state: the state that it leaves in the database.
        compensates: the step that it undoes.
    """

    name: str
    participant: str
    trigger: Trigger
    emits: tuple[str, ...] = ()
    state: str = ""
    compensates: str = ""


class Events(_Part, frozen=True, kw_only=True):
    """Types of events by what they mean for the saga."""

    start: tuple[str, ...] = ()
    success: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()
    compensation: tuple[str, ...] = ()


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"newest": "list"}):
    """Where the database tells the state.

    Attributes:
        database: the database resource.
        query: SQL for one saga, with `%(key)s`; its columns are `status`, `started_at`, `ended_at`, `error`.
        newest: SQL for the newest sagas, with `%(limit)s`; it has the column `key` too.
        values: what each `status` means.
    """

    database: str
    query: str
    newest: str = ""
    values: dict[str, Meaning]


class Invariant(_Part, frozen=True, kw_only=True):
    """A rule of the data: its query returns what violates it."""

    name: str
    query: str
    description: str = ""
    when: When = When.ALWAYS


class Declaration(_Part, frozen=True, kw_only=True):
    """A saga as its system declares it.

    Attributes:
        key: name of the business key that everything of one saga shares.
        key_paths: where payloads carry it (`$.detail.notaFiscalId`).
        key_column: the column that carries it in the database.
        deadline: a duration (`10m`); a saga that runs longer is stuck. Empty: there is none.
    """

    saga: str
    version: int
    style: Style
    key: str
    key_paths: tuple[str, ...]
    participants: tuple[Participant, ...]
    steps: tuple[Step, ...]
    description: str = ""
    key_column: str = ""
    events: Events = Events()
    deadline: str = ""
    state: State | None = None
    invariants: tuple[Invariant, ...] = ()

    @property
    def deadline_seconds(self) -> float | None:
        """Virtual seconds after which a running saga is late, or None."""
        return parse_duration(self.deadline) if self.deadline else None

    def participant_of(self, step: Step) -> Participant:
        """Who does a step."""
        return next(one for one in self.participants if one.name == step.participant)

    def step(self, name: str) -> Step | None:
        """The step of that name."""
        return next((step for step in self.steps if step.name == name), None)

    def emitter(self, event: str) -> Step | None:
        """The step that publishes events of a type."""
        return next((step for step in self.steps if event in step.emits), None)

    def step_of_request(self, operation: str) -> Step | None:
        """The step that a request begins (`POST /api/v1/notas`)."""
        return next((step for step in self.steps if step.trigger.request == operation), None)

    def step_of_message(self, queue: str, event: str) -> Step | None:
        """The step that a message of a queue begins; by the event's type where several share the queue."""
        candidates = [step for step in self.steps if queue and step.trigger.queue == queue]
        exact = [step for step in candidates if step.trigger.event == event]
        return next(iter(exact or candidates), None)

    def step_of_event(self, event: str, function: str) -> Step | None:
        """The step that an event begins at a function without a queue between."""
        return next(
            (
                step
                for step in self.steps
                if step.trigger.event == event
                and not step.trigger.queue
                and self.participant_of(step).function == function
            ),
            None,
        )

    def relays(self, outbox: str) -> list[Participant]:
        """Who publishes the events of an outbox for its owner."""
        return [one for one in self.participants if outbox in one.relays]

    def meaning(self, status: str) -> Meaning | None:
        """What a state of the database means; None where the declaration does not say."""
        return self.state.values.get(status) if self.state is not None else None


def place_words(place: Place) -> str:
    """A place as people write it: `steps[2].trigger.queue`; `the top` for the whole document."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "the top"


def near(word: str, known: Iterable[str]) -> str:
    """` Did you mean X?`, or an empty text."""
    close = get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""
