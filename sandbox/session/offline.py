"""What the embedded engine does, for who has not started a sandbox (yet)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.engines import registry
from sandbox.engines.base import EngineKit
from sandbox.faults.plan import FaultPlan
from sandbox.flow.recorder import Journal
from sandbox.gateway.gateway import Gateway
from sandbox.model.ids import Ids
from sandbox.session.services import service_views
from sandbox.store.database import Database

#: Nothing is started, so nothing is ever written there.
_NOWHERE = Path("/nonexistent")


def services_offline(names: list[str]) -> list[dict[str, Any]]:
    """What `services` of a running sandbox answers, read off a front door that is never opened.

    Raises:
        UsageError: a name is no AWS service.
    """
    clock, ids = Clock(start=0.0, speed=0), Ids()
    with closing(Database(None)) as database, closing(Journal(None, clock, limit=0)) as journal:
        nobody: Any = None  # who would be called by an engine that runs
        engine = registry.create(
            registry.DEFAULT,
            EngineKit(
                folder=_NOWHERE,
                database=database,
                journal=journal,
                clock=clock,
                ids=ids,
                faults=FaultPlan(database, journal, ids),
                endpoint=str,
                notice=lambda _: None,
                aws=nobody,
                stacks=nobody,
                progress=lambda _: None,
                aws_http=nobody,
            ),
        )
        gateway = Gateway(
            services=engine.services,
            execute_api=engine.execute_api,
            long_tail=engine.long_tail,
            callers=engine.callers,
            recorder=journal,
            clock=clock,
            ids=ids,
            durable=database.committed,
            mixed=engine.mixed,
        )
        return service_views(gateway, names, engine.notes)
