"""Deployment packages."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path

import pytest

from sandbox.engines.docker.packages import Packages, platform_tag
from sandbox.model.awserror import AwsError


def _built(code: Path, cache: Path) -> bytes:
    packages = Packages({"XDG_CACHE_HOME": str(cache), "PATH": ""})
    return asyncio.run(packages.build(code, "python3.13", "arm64"))


def test_a_package_holds_the_folder_and_nothing_of_tools(tmp_path: Path) -> None:
    code = tmp_path / "f"
    (code / "part").mkdir(parents=True)
    (code / "__pycache__").mkdir()
    (code / "app.py").write_text("x = 1\n")
    (code / "part" / "b.py").write_text("y = 2\n")
    (code / "__pycache__" / "app.pyc").write_text("no")
    (code / "run").write_text("#!/bin/sh\n")
    (code / "run").chmod(0o755)
    with zipfile.ZipFile(io.BytesIO(_built(code, tmp_path / "c"))) as archive:
        assert sorted(archive.namelist()) == ["app.py", "part/b.py", "run"]
        assert archive.getinfo("run").external_attr >> 16 & 0o111
        assert not archive.getinfo("app.py").external_attr >> 16 & 0o111


def test_the_same_content_makes_the_same_package_and_a_change_another(tmp_path: Path) -> None:
    code = tmp_path / "f"
    code.mkdir()
    (code / "app.py").write_text("x = 1\n")
    first = _built(code, tmp_path / "one")
    (code / "app.py").touch()
    assert _built(code, tmp_path / "two") == first
    (code / "app.py").write_text("x = 2\n")
    assert _built(code, tmp_path / "one") != first


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(AwsError, match="is not there"):
        _built(tmp_path / "gone", tmp_path / "c")


@pytest.mark.parametrize(
    ("version", "architecture", "tag"),
    [
        ("3.13", "arm64", "aarch64-manylinux_2_28"),
        ("3.12", "x86_64", "x86_64-manylinux_2_28"),
        ("3.11", "x86_64", "x86_64-manylinux_2_17"),
    ],
)
def test_wheels_are_those_of_the_runtime(version: str, architecture: str, tag: str) -> None:
    assert platform_tag(version, architecture) == tag
