"""`sandbox load pedidos`, on a sandbox of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.harness import Sandbox

pytestmark = pytest.mark.e2e


def test_load_is_sent_counted_and_explained(tmp_path_factory: pytest.TempPathFactory) -> None:
    sandbox = Sandbox(tmp_path_factory.mktemp("load"))
    try:
        sandbox.up("pedidos")
        picture = sandbox.state.parent / "load.svg"
        given = ("--parameter", "ApiRateLimit=1", "--parameter", "ApiBurstLimit=5")
        told = sandbox.cli(
            "load",
            "pedidos",
            "--profile",
            "20/s for 2s",
            *given,
            "--svg",
            str(picture),
            "--json",
            "--tolerate",
            "5",
            code=1,
        ).json
        assert told["sent"] == 40
        assert told["ok"] + told["lost"] == 40
        assert told["causes"]["api-rate-limit"] >= 30
        assert "ThrottlingRateLimit" in str(told["explained"])
        assert Path(picture).read_text().startswith("<svg")
    finally:
        sandbox.close()
