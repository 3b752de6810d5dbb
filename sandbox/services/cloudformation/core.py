"""What the operations share: which stacks there are, and what works on them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from sandbox.model.call import Call
from sandbox.model.ports import AwsHttp
from sandbox.model.scope import Scope
from sandbox.model.stacks import DeployedStack, StackDeployer
from sandbox.services.base import Kit, Params, Service
from sandbox.services.cloudformation.errors import invalid, no_stack
from sandbox.services.cloudformation.records import SCHEMA, Book, Inputs, StackRow
from sandbox.services.cloudformation.requests import Requests
from sandbox.services.cloudformation.sealing import Sealer
from sandbox.services.cloudformation.working import Worker, is_ongoing
from sandbox.services.paging import InvalidTokenError, Key, page

#: Real seconds that a question about what is under way waits for its end; clients ask again after that.
HOLD = 20.0
#: Items of a page.
_PAGE = 100
T = TypeVar("T")

_SHOWN = {
    "deploying": ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"),
    "deployed": ("CREATE_COMPLETE", "UPDATE_COMPLETE"),
    "failed": ("CREATE_FAILED", "UPDATE_FAILED"),
}
#: Statuses of stacks that the deployer has as well.
_STANDING = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})


class Core(Service):
    """The common ground of the operations.

    Args:
        stacks: deploys them.
        aws: reads templates out of buckets.
    """

    name: ClassVar[str] = "cloudformation"
    SCHEMA: ClassVar[str] = SCHEMA

    def __init__(self, kit: Kit, stacks: StackDeployer, aws: AwsHttp) -> None:
        super().__init__(kit)
        self.deployer = stacks
        self.book = Book(kit.database)
        self.sealer = Sealer(kit.database.path)
        self.requests = Requests(stacks, aws, self.sealer)
        self.worker = Worker(kit, self.book, stacks, self.sealer)

    async def start(self) -> None:
        """Whatever was under way when the sandbox stopped has failed; see `Service.start`."""
        self.worker.settle_all()

    async def stop(self) -> None:
        """Ends the work under way; see `Service.stop`."""
        await self.worker.stop()

    def work(self) -> set[asyncio.Task[Any]]:
        """What is deployed now; see `Service.work`."""
        return self.worker.tasks()

    # --- stacks ------------------------------------------------------------------------------------------
    def deployed(self, call: Call) -> Mapping[str, DeployedStack]:
        """What the deployer has, by stack id."""
        return {one.stack_id: one for one in self.deployer.stacks(call.scope, call.endpoint)}

    def all_stacks(self, call: Call) -> list[StackRow]:
        """Every stack, the newest first: those of this service, and those deployed from files."""
        self.worker.settle(call.scope)
        deployed = self.deployed(call)
        # What was taken away with its account, by the tests that had it, is gone without an operation.
        rows = {
            row.stack_id: row
            for row in self.book.stacks(call.scope)
            if row.status not in _STANDING or row.stack_id in deployed
        }
        for one in deployed.values():
            known = rows.get(one.stack_id)
            if known is None or (one.from_files and not _tells_more(known, one)):
                rows[one.stack_id] = _of_files(one)
        return sorted(rows.values(), key=lambda row: (-row.created, row.stack_id))

    def find(self, call: Call, name: str) -> StackRow:
        """A stack by its name, while it lives, or by its ARN.

        Raises:
            AwsError: `ValidationError`, there is none.
        """
        for row in self.all_stacks(call):
            if row.stack_id == name or (row.name == name and row.lives):
                return row
        raise no_stack(name)

    def living(self, call: Call, name: str) -> StackRow | None:
        """The stack that has a name now."""
        return next((row for row in self.all_stacks(call) if row.name == name and row.lives), None)

    async def held(self, call: Call, name: str) -> StackRow:
        """A stack, as soon as nothing works on it: so waiters need not sleep.

        Raises:
            AwsError: `ValidationError`, there is none.
        """
        row = self.find(call, name)
        await self.worker.ended(row.root_id or row.stack_id, HOLD)
        return self.find(call, name)

    async def template(self, scope: Scope, row: StackRow) -> str:
        """The text of a stack's template.

        Raises:
            AwsError: its file is gone.
        """
        return await self.deployer.template(scope, row.name) if row.from_files else row.inputs.template


def paged(items: Sequence[T], params: Params, key: Callable[[T], Key]) -> tuple[Sequence[T], dict[str, str]]:
    """The page of a listing that `NextToken` asks for, and the member that names the next one.

    Raises:
        AwsError: `ValidationError`, the token was not given out.
    """
    try:
        found, token = page(items, params.get("NextToken"), _PAGE, key)
    except InvalidTokenError:
        raise invalid("NextToken is not valid for this listing.") from None
    return found, {} if token is None else {"NextToken": token}


def _tells_more(known: StackRow, one: DeployedStack) -> bool:
    """Whether a stack from files is worked on through this service, or could not be deleted, and was not
    deployed since."""
    undeleted = known.status == "DELETE_FAILED" and known.deleted is not None and known.deleted >= one.updated
    return undeleted or is_ongoing(known)


def _of_files(one: DeployedStack) -> StackRow:
    changed = one.updated > one.created
    parameters = {
        name: ",".join(value) if isinstance(value, list) else str(value)
        for name, value in one.parameters.items()
    }
    return StackRow(
        one.stack_id,
        one.name,
        _SHOWN[one.status][changed],
        Inputs("", parameters),
        one.created,
        updated=one.updated if changed else None,
        from_files=True,
        parent_id=one.parent_id,
        root_id=one.root_id,
    )
