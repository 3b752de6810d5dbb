"""Sagas: list, show, check."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sandbox.control.server import Method
from sandbox.errors import UsageError
from sandbox.flow.sagas import TraceBook, hops_of
from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.saga.declaration import Declaration, State, When
from sandbox.model.saga.progress import OUTCOMES, STUCK, Trace, detail, summarise
from sandbox.model.saga.stretches import Stretch
from sandbox.model.saga.timeline import build, of_saga
from sandbox.model.saga.waiting import waiting_for
from sandbox.model.scope import DEFAULT_ACCOUNT
from sandbox.model.views.sagas import SagaCheck, SagaDetail, SagaView, Violation
from sandbox.session.present import look
from sandbox.session.sagas import Declared, SagaBook, no_saga
from sandbox.session.sagastates import Dsn, states_of
from sandbox.session.statequeries import asking
from sandbox.store.readonly import Rows, aside

if TYPE_CHECKING:
    from sandbox.session.session import Session

#: Sagas among which those of one state, or with a text, are looked for.
_SEARCHED = 20_000
_SUGGESTED = 500
#: Sagas whose states are asked for one by one, where no query lists them.
_ASKED_ONE_BY_ONE = 500
_RUNNING = ("running", STUCK)
Count = Callable[[State], Awaitable[int]]


class Sagas:
    """Methods about sagas."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._book = SagaBook()
        self._traces = TraceBook()
        self._one_at_a_time = asyncio.Lock()

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "saga_ls": self.saga_ls,
            "saga_show": self.saga_show,
            "saga_check": self.saga_check,
        }

    async def saga_ls(
        self, limit: int, state: str | None = None, match: str = "", account: str = DEFAULT_ACCOUNT
    ) -> list[SagaView]:
        """The newest sagas of every declaration of an account's stacks, newest first.

        Args:
            state: only those of this state or outcome (`PENDING`, `stuck`).
            match: only those whose id, state, step or error has this text.

        Raises:
            UsageError: no declaration knows that state.
            StateQueryError: the database could not be asked.
        """
        declared = self.declared(account)
        if state is not None:
            _must_be_known(state, declared)
        found: list[SagaView] = []
        for one in declared:
            narrow = state is not None or match
            found += await self._newest(one, max(limit, _SEARCHED) if narrow else limit)
        if state is not None:
            wanted = state.lower()
            found = [saga for saga in found if wanted in (saga.state.lower(), saga.outcome)]
        if match:
            found = [saga for saga in found if match.lower() in _searchable(saga)]
        return sorted(found, key=lambda saga: (saga.began_at, saga.flow or 0), reverse=True)[:limit]

    async def saga_show(self, saga_id: str, account: str = DEFAULT_ACCOUNT) -> SagaDetail:
        """One saga, whole.

        Raises:
            SandboxError: nobody knows the id; near ones are suggested.
            StateQueryError: the database could not be asked.
        """
        for declared in self.declared(account):
            found = await self._one(declared, saga_id)
            if found is not None:
                return found
        known = [saga.id for saga in await self.saga_ls(_SUGGESTED, account=account)]
        raise no_saga(saga_id, known)

    async def saga_check(self, account: str = DEFAULT_ACCOUNT) -> SagaCheck:
        """Checks the invariants of every declaration, all of them on one state of the database.

        Raises:
            StateQueryError: the database could not be asked.
        """
        checked: list[str] = []
        skipped: list[str] = []
        violations: list[Violation] = []
        for declared in self.declared(account):
            declaration = declared.declaration
            if declaration.state is None or not declaration.invariants:
                continue
            async with asking(declaration.saga, self._dsn(declared)(declaration.state.database)) as answers:
                running = await self._running(declared, answers.running)
                for invariant in declaration.invariants:
                    if invariant.when is When.SETTLED and running:
                        skipped.append(invariant.name)
                        continue
                    checked.append(invariant.name)
                    violation = await answers.violations(invariant)
                    if violation is not None:
                        violations.append(violation)
        return SagaCheck(checked=checked, skipped=skipped, violations=violations)

    def declared(self, account: str) -> list[Declared]:
        """The declarations of all stacks of an account.

        Raises:
            TemplateError: one is wrong.
        """
        return self._book.of(self._session.deployment, account)

    # --- inside ------------------------------------------------------------------------------------------
    async def _newest(self, declared: Declared, limit: int) -> list[SagaView]:
        declaration = declared.declaration
        states = states_of(declared, self._dsn(declared))
        rows = {row.key: row for row in await states.newest(limit)}
        self._session.journal.settle()
        key, keys, account = declaration.key, list(rows), declared.scope.account

        def from_journal(journal: Rows) -> dict[str, Trace]:
            newest = {trace.key: trace for trace in self._traces.newest(journal, key, limit, account)}
            others = [one for one in keys if one not in newest]
            return self._traces.known(journal, key, others, account) | newest

        async with self._one_at_a_time:
            seen = await aside(self._session.journal.database, from_journal)
        if not states.lists or len(rows) >= limit:
            unknown = [one for one in seen if one not in rows]
            rows |= await states.some(unknown[:_ASKED_ONE_BY_ONE])
        now = self._session.clock.now()
        views = [
            summarise(declaration, one, now, rows.get(one), seen.get(one))
            for one in dict.fromkeys([*rows, *seen])
        ]
        return sorted(views, key=lambda saga: saga.began_at, reverse=True)[:limit]

    async def _one(self, declared: Declared, key: str) -> SagaDetail | None:
        declaration = declared.declaration
        row = (await states_of(declared, self._dsn(declared)).some([key])).get(key)
        self._session.journal.settle()
        journal = self._session.journal.database
        trace = TraceBook().known(journal, declaration.key, [key], declared.scope.account).get(key)
        if row is None and trace is None:
            return None
        now = self._session.clock.now()
        summary = summarise(declaration, key, now, row, trace)
        stretches: list[Stretch] = []
        if trace is not None:
            hops, around = hops_of(journal, trace.flow)
            own = of_saga(hops, declaration.key, key)
            stretches = build(declaration, own, around=around, running=summary.outcome in _RUNNING)
        present = await look(self._session, stretches, _relays(declaration, stretches), declared.scope)
        return detail(declaration, summary, stretches, waiting_for(declaration, stretches, present), now)

    async def _running(self, declared: Declared, count: Count) -> bool:
        """Whether anything of a saga may still change: one runs, or a function works."""
        state = declared.declaration.state
        if state is not None and state.newest:
            running = bool(await count(state))
        else:
            running = any(saga.outcome in _RUNNING for saga in await self._newest(declared, _SEARCHED))
        return running or any(
            view.state == "busy" and _account(view.function) in ("", declared.scope.account)
            for view in self._session.engine.environments()
        )

    def _dsn(self, declared: Declared) -> Dsn:
        return lambda database: self._session.engine.database(database, declared.scope).dsn


def _account(function: str) -> str:
    """The account of a function, where its engine gives its ARN."""
    return parse_arn(function).account if is_arn(function) else ""


def _searchable(saga: SagaView) -> str:
    return f"{saga.id} {saga.state} {saga.outcome} {saga.step} {saga.error}".lower()


def _relays(declaration: Declaration, stretches: Sequence[Stretch]) -> list[str]:
    return [relay.function for one in stretches if one.open for relay in declaration.relays(one.resource)]


def _must_be_known(state: str, declared: Sequence[Declared]) -> None:
    known = [status for one in declared if one.declaration.state for status in one.declaration.state.values]
    known = [*dict.fromkeys([*known, *OUTCOMES])]
    if state.lower() not in [one.lower() for one in known]:
        near = get_close_matches(state, known, n=1) or get_close_matches(state.upper(), known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(
            f"no saga can be in the state {state}",
            f"no declaration names it.{hint}",
            f"use {', '.join(known)}",
        )
