"""`sandbox services` without a sandbox says the same as with one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sandbox.errors import UsageError
from sandbox.session.offline import services_offline
from sandbox.session.options import Options
from sandbox.session.services import service_views
from sandbox.session.session import Session

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

NAMES = ["s3", "kms", "sts", "sqs", "cloudwatch", "dynamodb", "secretsmanager"]


def test_a_sandbox_that_runs_says_the_same(tmp_path: Path) -> None:
    async def whole() -> None:
        session = Session(Options(state=str(tmp_path / "s"), cwd=str(tmp_path), port=0), lambda _: None)
        await session.start([])
        try:
            for names in ([], NAMES):
                running = service_views(session.gateway, names, session.engine.notes)
                assert services_offline(names) == running
        finally:
            await session.stop()

    asyncio.run(whole())


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no AWS service sqss"):
        services_offline(["sqss"])
