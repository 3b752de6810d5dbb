"""Making the folder of the databases, where that fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.backing.postgres.binaries import Binaries
from sandbox.backing.postgres.cluster import ensure_cluster
from sandbox.backing.postgres.settings import LAYOUT
from sandbox.errors import ServerStartError


def test_a_copy_that_fails_says_why_once_and_leaves_nothing(tmp_path: Path) -> None:
    template = tmp_path / "cache" / f"k-layout{LAYOUT}"
    template.mkdir(parents=True)
    (template / "PG_VERSION").write_text("18")
    for name in ("a", "b", "c"):
        os.mkfifo(template / name)  # what cannot be copied, as a file cannot to a full disk
    cluster = tmp_path / "state" / "cluster"
    cluster.parent.mkdir()
    with pytest.raises(ServerStartError) as caught:
        ensure_cluster(Binaries(tmp_path, "18.4", "k"), cluster, tmp_path / "cache", "test")
    assert "is a named pipe, and 2 more like it" in caught.value.why
    assert caught.value.why.count("\n") == 0
    assert list(cluster.parent.iterdir()) == []
