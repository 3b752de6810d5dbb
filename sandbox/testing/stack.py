"""A deployed system, fresh for one test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sandbox.errors import UsageError
from sandbox.testing.aws import Aws
from sandbox.testing.clock import Clock
from sandbox.testing.control import Control
from sandbox.testing.faults import Faults
from sandbox.testing.flows import Flows
from sandbox.testing.idempotence import assert_idempotent
from sandbox.testing.queues import Queue
from sandbox.testing.sagas import Sagas

if TYPE_CHECKING:
    import httpx
    import psycopg

_QUEUE = "AWS::SQS::Queue"
_API_URL = "ApiUrl"
#: Real seconds a request may take: longer than a function behind API Gateway may.
_HTTP_SECONDS = 60.0


class Stack:
    """A stack and everything a test does with it.

    Attributes:
        name: the stack's name.
        outputs: its outputs.
        seed: what its seeders printed.
        resources: type and physical id of each resource, by logical id.
        aws, clock, faults, flows, sagas: bound to the sandbox it runs in.
    """

    def __init__(self, name: str, control: Control, aws: Aws) -> None:
        found = control.call("test_stack", name=name)
        self.name = name
        self.outputs: Mapping[str, str] = found["stack"]["outputs"]
        self.seed: Mapping[str, Any] = found["stack"].get("seed", {})
        self.resources: Mapping[str, tuple[str, str]] = {
            logical: (kind, physical) for logical, (kind, physical) in found["resources"].items()
        }
        self.aws = aws
        self.clock = Clock(control)
        self.faults = Faults(control, self.resources)
        self.flows = Flows(control)
        self.sagas = Sagas(control)
        self._control = control
        self._database: dict[str, Any] | None = found["database"]

    def __repr__(self) -> str:
        return f"Stack({self.name!r})"

    @property
    def api_url(self) -> str:
        """URL of its API: the output `ApiUrl`.

        Raises:
            UsageError: it has no such output.
        """
        url = self.outputs.get(_API_URL)
        if url is None:
            raise UsageError(
                f"the stack {self.name} has no API",
                f"its template has no output {_API_URL}; it has {', '.join(self.outputs) or 'none'}",
                f"add an output {_API_URL}, or make a client of your own from stack.outputs",
            )
        return url

    @property
    def has_database(self) -> bool:
        """Whether its template declares a database."""
        return self._database is not None

    @property
    def dsn(self) -> str:
        """Connection string of its database.

        Raises:
            UsageError: it declares no database.
        """
        if self._database is None:
            raise UsageError(
                f"the stack {self.name} has no database",
                "its template declares no AWS::RDS::DBInstance",
                "declare one, or leave the fixture `database` out",
            )
        return str(self._database["dsn"])

    def http(self) -> httpx.Client:
        """A client of its API; paths are relative to `api_url`. Close it, or use it in a `with` block."""
        import httpx

        return httpx.Client(base_url=self.api_url, timeout=_HTTP_SECONDS, trust_env=False, verify=False)

    def token(self, sub: str = "test", *, scopes: Sequence[str] = (), ttl: float = 3600.0) -> str:
        """A token of the sandbox's own issuer, for an API with a JWT authorizer (`Authorization: Bearer …`).

        Args:
            sub: whom it is about.
            scopes: what it grants.
            ttl: virtual seconds that it is valid.
        """
        made: dict[str, Any] = self._control.call(
            "token", sub=sub, scopes=list(scopes), audiences=[], ttl=ttl
        )
        return str(made["token"])

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        """A connection to its database, in autocommit mode, rows as dictionaries. Close it."""
        import psycopg
        from psycopg.rows import dict_row

        return psycopg.connect(self.dsn, autocommit=True, row_factory=dict_row)

    def queue(self, name: str) -> Queue:
        """A queue of the sandbox.

        Args:
            name: its name, or its logical id in the template.

        Raises:
            UsageError: there is none.
        """
        kind, physical = self.resources.get(name, ("", ""))
        wanted = physical.rsplit("/", 1)[-1] if kind == _QUEUE else name
        queues = {queue["name"]: queue["arn"] for queue in self._control.call("test_queues")}
        if wanted not in queues:
            near = get_close_matches(name, queues, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(
                f"there is no queue {name}",
                f"there are {', '.join(queues) or 'none'}{hint}",
                "name one of them, or its logical id in the template",
            )
        return Queue(wanted, queues[wanted], self._control, self.aws)

    def assert_no_dead_letters(self) -> None:
        """No dead-letter queue holds a message; see `Flows.assert_no_dead_letters`."""
        self.flows.assert_no_dead_letters()

    def assert_idempotent(self, event: Mapping[str, Any] | str, *, bus: str | None = None) -> None:
        """Handling the event a second time changes nothing: no row, no event, no dead letter.

        Args:
            event: an event document (`source`, `detail-type`, `detail`), an entry of PutEvents, or the id or
                detail type of an event that was published in this test.
            bus: name of the bus; by default the only one that the stack declares, else `default`.

        Raises:
            FlowAssertionError: with what changed, and the flow of the repetition.
            UsageError: no such event is known.
        """
        assert_idempotent(self, self._control, event, bus)
