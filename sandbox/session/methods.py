"""What the control socket offers: one method for each thing the command line can ask."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.control.protocol import ClockView, Progress, StatusView
from sandbox.control.server import Method
from sandbox.deploy.system import find_system
from sandbox.errors import SandboxError, UsageError
from sandbox.flow import queries, tree
from sandbox.model.hops import Hop
from sandbox.model.scope import Scope
from sandbox.services.logs.service import LogLine
from sandbox.session.clockstore import save_clock
from sandbox.session.following import Follower
from sandbox.session.services import service_views
from sandbox.session.views import branch_view, clock_view, iso, status_view

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Methods:
    """The control methods of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "status": self.status,
            "stop": self.stop,
            "deploy": self.deploy,
            "services": self.services,
            "invoke": self.invoke,
            "functions": self.functions,
            "logs": self.logs,
            "clock_show": self.clock_show,
            "clock_advance": self.clock_advance,
            "clock_speed": self.clock_speed,
            "flow_ls": self.flow_ls,
            "flow_show": self.flow_show,
            "flow_tail": self.flow_tail,
        }

    async def status(self) -> StatusView:
        """What is running."""
        return status_view(self._session)

    async def stop(self) -> int:
        """Begins to stop the sandbox, and answers the pid that will end."""
        asyncio.get_running_loop().call_soon(self._session.ask_to_stop)
        return os.getpid()

    async def services(self, names: list[str]) -> list[dict[str, Any]]:
        """What each service does: see `sandbox services`."""
        return service_views(self._session.gateway, names)

    # --- deploying and invoking --------------------------------------------------------------------------
    async def deploy(self, systems: list[str], cwd: str, seed: bool) -> AsyncIterator[Progress]:
        """Deploys systems, telling every step."""
        found = [system for name in systems if (system := find_system(name, Path(cwd)))]
        channel: asyncio.Queue[Progress | None] = asyncio.Queue()

        async def work() -> None:
            try:
                await self._session.deployment.up(found, seed=seed, report=channel.put_nowait)
                await self._session.find_database()
                await self._session.database.committed()
            finally:
                channel.put_nowait(None)

        task = asyncio.create_task(work())
        try:
            while (progress := await channel.get()) is not None:
                yield progress
            await task
        finally:
            task.cancel()

    async def functions(self) -> list[dict[str, Any]]:
        """Every function of the default account and region."""
        answer = await self._session.client.call("lambda", "ListFunctions", {})
        functions: list[dict[str, Any]] = answer["Functions"]
        return functions

    async def invoke(self, function: str, payload: str, asynchronous: bool) -> dict[str, Any]:
        """Invokes a function; its name may be shortened to a part that only one function has."""
        name = await self._function(function)
        answer = await self._session.client.call(
            "lambda",
            "Invoke",
            {
                "FunctionName": name,
                "Payload": payload.encode(),
                "InvocationType": "Event" if asynchronous else "RequestResponse",
                "LogType": "None" if asynchronous else "Tail",
            },
        )
        await self._session.database.committed()
        return {
            "function": name,
            "status": answer["StatusCode"],
            "error": answer.get("FunctionError"),
            "payload": _text(answer.get("Payload", b"")),
            "log": answer.get("LogResult", ""),
        }

    # --- logs --------------------------------------------------------------------------------------------
    async def logs(self, names: list[str], limit: int, follow: bool) -> AsyncIterator[dict[str, Any]]:
        """Log lines, the newest `limit` first, then, when following, every line that is written."""
        logs = self._session.engine.logs
        groups = [await self._log_group(name) for name in names]
        with Follower[LogLine](logs.follow if follow else None) as follower:
            for line in logs.newest(Scope(), groups, limit):
                yield _log_view(line)
            async for line in follower:
                if not groups or line.group in groups:
                    yield _log_view(line)

    # --- time --------------------------------------------------------------------------------------------
    async def clock_show(self) -> ClockView:
        """Where the clock stands."""
        return clock_view(self._session.clock)

    async def clock_advance(self, seconds: float) -> dict[str, Any]:
        """Moves time, firing in order everything due on the way."""
        try:
            fired = await self._session.clock.advance(seconds)
        except ValueError as error:
            raise UsageError("the clock was not moved", str(error), "give a duration like 61s") from error
        await self._save_clock()
        return {"fired": fired, "clock": clock_view(self._session.clock)}

    async def clock_speed(self, speed: float) -> ClockView:
        """Sets how fast time runs; 0 stops it."""
        try:
            self._session.clock.set_speed(speed)
        except ValueError as error:
            raise UsageError("the clock was not changed", str(error), "give 0, 1 or 10") from error
        await self._save_clock()
        return clock_view(self._session.clock)

    # --- flows -------------------------------------------------------------------------------------------
    async def flow_ls(self, limit: int, schedules: bool) -> list[queries.FlowSummary]:
        """The newest flows."""
        self._session.journal.flush()
        return queries.flows(self._session.journal.database, limit=limit, schedules=schedules)

    async def flow_show(self, reference: str) -> dict[str, Any]:
        """One flow: its hops as a tree, as data and as lines of text."""
        self._session.journal.flush()
        database = self._session.journal.database
        flow = queries.find_flow(database, reference)
        if flow is None:
            near = get_close_matches(reference, queries.known_references(database), n=3)
            hint = f"did you mean {', '.join(near)}? " if near else ""
            raise SandboxError(
                f"no flow is known by {reference}",
                "it is no flow id, event id, message id, request id or business key in the journal",
                f"{hint}`sandbox flow ls` lists the newest",
            )
        branches = tree.build(queries.hops_of_flow(database, flow))
        return {
            "flow": flow,
            "tree": [branch_view(branch) for branch in branches],
            "lines": list(tree.render(branches)),
        }

    async def flow_tail(self) -> AsyncIterator[dict[str, Any]]:
        """Every hop as it is recorded."""
        with Follower[Hop](self._session.journal.subscribe) as follower:
            async for hop in follower:
                line = tree.describe(tree.Branch(hop=hop, children=[]), hop.at)
                yield {"hop": hop, "line": f"{iso(hop.at)} {line}"}

    # --- inside ------------------------------------------------------------------------------------------
    async def _save_clock(self) -> None:
        save_clock(self._session.database, self._session.clock)
        await self._session.database.committed()

    async def _function(self, name: str) -> str:
        known = [function["FunctionName"] for function in await self.functions()]
        if name in known or name.startswith("arn:"):
            return name
        matching = [other for other in known if name in other]
        if len(matching) == 1:
            return str(matching[0])
        near = matching or get_close_matches(name, known, n=3)
        raise SandboxError(
            f"there is no function {name}" if not matching else f"{name} is part of several functions' names",
            f"the sandbox has: {', '.join(sorted(known)) or 'none'}",
            f"say {' or '.join(near)}" if near else "deploy a system first: `sandbox deploy`",
        )

    async def _log_group(self, name: str) -> str:
        if name.startswith("/"):
            return name
        function = await self._function(name)
        answer = await self._session.client.call(
            "lambda", "GetFunctionConfiguration", {"FunctionName": function}
        )
        return str(answer.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}")


def _log_view(line: LogLine) -> dict[str, Any]:
    return {
        "at": line.at,
        "time": iso(line.at),
        "group": line.group,
        "stream": line.stream,
        "message": line.message.rstrip("\n"),
    }


def _text(payload: Any) -> str:
    return payload.decode(errors="replace") if isinstance(payload, bytes) else str(payload)
