"""Deployment packages: unpacked within bounds, and live folders looked at cheaply."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.services.lambda_.archive import unpack
from sandbox.services.lambda_.live import fingerprint
from tests.contract.lambda_.harness import ROLE, World, package

BROKEN = "Could not unzip uploaded file. Please check your file, then try to upload again."


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return data.getvalue()


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


def moded(name: str, mode: int) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFREG | mode) << 16
    return info, b"#!/bin/sh"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "unpacked"
    made.mkdir()
    return made


def test_files_folders_modes_and_links_are_kept(folder: Path) -> None:
    unpack(
        zipped(moded("bootstrap", 0o700), ("lib/", b""), ("lib/a.py", b"a"), link("lib/b.py", "a.py")), folder
    )
    assert (folder / "lib" / "b.py").read_text() == "a"
    assert stat.S_IMODE((folder / "bootstrap").stat().st_mode) == 0o744
    assert stat.S_IMODE((folder / "lib" / "a.py").stat().st_mode) & 0o444 == 0o444


@pytest.mark.parametrize(
    "entry",
    [
        ("../fora.py", b""),
        ("a/../../fora.py", b""),
        ("/etc/fora", b""),
        ("..\\fora.py", b""),
        ("C:\\fora.py", b""),
        link("fora", "/etc/passwd"),
        link("fora", "../fora.py"),
        link("a/fora", "../../fora.py"),
    ],
)
def test_nothing_is_written_outside(folder: Path, entry: tuple[zipfile.ZipInfo | str, bytes]) -> None:
    with pytest.raises(AwsError) as caught:
        unpack(zipped(entry), folder)
    assert (caught.value.code, caught.value.message) == ("InvalidParameterValueException", BROKEN)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["unpacked"]


def test_nothing_is_written_through_a_link(folder: Path) -> None:
    with pytest.raises(AwsError):
        unpack(zipped(link("dir", ".."), ("dir/fora.py", b"x")), folder)
    assert not (folder.parent / "fora.py").exists()


def test_a_bomb_is_stopped_by_its_header_or_by_its_bytes(folder: Path) -> None:
    bomb = zipped(("zeros", b"\0" * 3_000_000))
    with pytest.raises(AwsError, match="Unzipped size must be smaller than"):
        unpack(bomb, folder, limit=1_000_000)
    assert not any(folder.iterdir())
    # The same with headers that lie about the size: the unpacked bytes count.
    lying = bomb.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(AwsError):
        unpack(lying, folder, limit=1_000_000)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 1_000_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Uploaded file must be a non-empty zip"),
        (b"PK but not really", BROKEN),
        (zipped(), "Uploaded file must be a non-empty zip"),
        (package()[:-30], BROKEN),
    ],
)
def test_what_is_no_package_is_refused(world: World, data: bytes, message: str) -> None:
    error = world.refused(
        "CreateFunction",
        FunctionName="estoque",
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": data},
    )
    assert (error.code, error.message) == ("InvalidParameterValueException", message)
    assert list((world.folder / "code").glob("*")) == []


def test_equal_packages_share_a_folder(world: World) -> None:
    world.function()
    world.function("faturamento")
    world.invoke()
    world.invoke("faturamento")
    assert len({spec.code for spec, _ in world.executor.requests}) == 1
    assert len(list((world.folder / "code").iterdir())) == 2


def test_a_fingerprint_changes_with_names_sizes_and_times(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    file = tmp_path / "pkg" / "app.py"
    file.write_text("a")
    keys = [fingerprint(tmp_path)]
    os.utime(file, ns=(1, 1))
    keys.append(fingerprint(tmp_path))
    (tmp_path / "pkg" / "b.py").write_text("bb")
    keys.append(fingerprint(tmp_path))
    file.rename(tmp_path / "pkg" / "c.py")
    keys.append(fingerprint(tmp_path))
    assert len({key for key, _ in keys}) == 4
    assert [size for _, size in keys] == [1, 1, 3, 3]


def test_caches_hidden_folders_and_circles_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("a")
    before = fingerprint(tmp_path)
    for name in ("__pycache__", ".git", ".venv"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("x")
    assert fingerprint(tmp_path) == before
    (tmp_path / "volta").symlink_to(tmp_path)
    (tmp_path / "nada").symlink_to(tmp_path / "nowhere")
    assert fingerprint(tmp_path) != ("", 0)


def test_what_a_killed_process_left_half_done_is_removed(tmp_path: Path) -> None:
    (tmp_path / "code" / ".abc").mkdir(parents=True)
    (tmp_path / "code" / ".abc.zip").write_bytes(b"PK")
    (tmp_path / "code" / "kept").mkdir()
    with World(tmp_path):
        assert [path.name for path in (tmp_path / "code").iterdir()] == ["kept"]


class Buckets:
    """S3 with one object."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, str]] = []

    async def send(self, service: str, request: HttpRequest, call: Call, action: str = "") -> HttpResponse:
        self.asked.append((service, action, request.path, request.query))
        if request.path == "/pacotes/nfe/estoque%20v1.zip":
            return HttpResponse(200, [], package({"app.py": "do balde"}))
        text = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
        return HttpResponse(404, [], text.encode())


def test_code_may_lie_in_a_bucket(tmp_path: Path) -> None:
    buckets = Buckets()
    with World(tmp_path, aws=buckets) as world:
        code = {"S3Bucket": "pacotes", "S3Key": "nfe/estoque v1.zip", "S3ObjectVersion": "v1"}
        world.function(Code=code)
        world.invoke()
        ((spec, _),) = world.executor.requests
        assert Path(spec.code, "app.py").read_text() == "do balde"
        assert buckets.asked == [("s3", "GetObject", "/pacotes/nfe/estoque%20v1.zip", "versionId=v1")]
        content = {"S3Bucket": "pacotes", "S3Key": "nfe/estoque v1.zip"}
        assert world.call("PublishLayerVersion", LayerName="camada", Content=content)["Version"] == 1
        missing = world.refused(
            "UpdateFunctionCode", FunctionName="estoque", S3Bucket="pacotes", S3Key="nada.zip"
        )
        assert (missing.code, missing.message) == (
            "InvalidParameterValueException",
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
            "S3 Error Message: The specified key does not exist.",
        )
