"""Lints: lessons about what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.control.server import Method
from sandbox.flow.usage import Usage, usage
from sandbox.model.lints import lint
from sandbox.model.views.system import LintView
from sandbox.session.lintfacts import gather
from sandbox.session.sagas import SagaBook
from sandbox.session.statequeries import asking
from sandbox.store.readonly import aside

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Lints:
    """Methods about lints."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._book = SagaBook()
        self._usage = Usage()
        self._epoch = session.gate.epoch

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {"lint": self.lint}

    async def lint(self) -> list[LintView]:
        """Every lint, the gravest first, what is suppressed last with its reason.

        Raises:
            TemplateError: a `sandbox.toml` or saga declaration is wrong.
            StateQueryError: the database of a saga could not be asked.
        """
        session = self._session
        if self._epoch != session.gate.epoch:  # another state, another past
            self._epoch, self._usage = session.gate.epoch, Usage()
        before = self._usage
        self._usage = await aside(session.journal.database, lambda journal: usage(journal, before))
        facts = await gather(session, self._usage, await self._remembering())
        systems = session.deployment.recorded()
        return lint(facts, {system.name: system.suppressions for system in systems})

    async def _remembering(self) -> set[str]:
        """Functions whose saga participant has rows in the table that it declares as `processed`."""
        found: set[str] = set()
        for declared in self._book.of(self._session.deployment):
            participants = [one for one in declared.declaration.participants if one.processed]
            state = declared.declaration.state
            if state is None or not participants:
                continue
            dsn = self._session.engine.database(state.database).dsn
            async with asking(declared.declaration.saga, dsn) as answers:
                for participant in participants:
                    if await answers.holds_rows(participant.processed):
                        found.add(participant.function)
        return found
