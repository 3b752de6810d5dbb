"""What a function sees of the machine it runs on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.runtime.conftest import Lab

METHODS = pytest.mark.parametrize("start_method", ["fork", "exec"])

#: Everything in a function's environment on AWS, and the two that point its SDK here.
EXPECTED = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "HOME",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "LD_LIBRARY_PATH",
    "PATH",
    "TZ",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
}


def ask(lab: Lab, source: str, start_method: str = "fork", **changes: Any) -> Any:
    async def go() -> bytes:
        async with lab.runtime(start_method=start_method) as runtime:
            outcome = await runtime.run(lab.function(source, **changes), lab.request())
            assert outcome.error is None, (outcome.payload, outcome.log)
            return bytes(outcome.payload)

    return json.loads(asyncio.run(go()))


@METHODS
def test_functions_stand_back_behind_the_sandbox(lab: Lab, start_method: str) -> None:
    groups = Path("/proc/self/autogroup")
    source = f"""
        import os, pathlib
        def handler(event, context):
            group = pathlib.Path({str(groups)!r})
            return [os.nice(0), group.read_text() if group.exists() else ""]
    """
    nice, group = ask(lab, source, start_method)
    assert nice == min(19, os.nice(0) + 5)
    if groups.exists():
        assert group.endswith("nice 5\n")


@METHODS
def test_the_environment_is_aws_s_and_the_function_s_own(
    lab: Lab, start_method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("AWS_PROFILE", "work")
    seen = ask(
        lab,
        "import os\ndef handler(e, c):\n    return dict(os.environ)",
        start_method,
        environment=(("MINE", "yes"), ("LANG", "C"), ("AWS_REGION", "nowhere-1")),
    )
    seen.pop("LC_CTYPE", None)
    seen.pop("TMPDIR", None)
    assert set(seen) == EXPECTED | {"MINE"}
    assert seen["MINE"] == "yes"
    assert seen["LANG"] == "C"
    assert seen["AWS_REGION"] == "us-east-1"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.11"
    assert seen["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert seen["_HANDLER"] == "app.handler"


@METHODS
def test_sys_path_holds_code_dependencies_base_set_and_standard_library(lab: Lab, start_method: str) -> None:
    layer = lab.folder / "layer"
    layer.mkdir()
    (layer / "from_layer.py").write_text("value = 42")
    seen = ask(
        lab,
        """
        import sys, os, boto3, awslambdaric, from_layer
        def handler(e, c):
            return {"path": sys.path, "cwd": os.getcwd(), "value": from_layer.value, "boto3": boto3.__file__}
        """,
        start_method,
        dependencies=(str(layer),),
    )
    code, dependencies, base, *standard = seen["path"]
    assert (code, dependencies) == (seen["cwd"], str(layer))
    assert seen["boto3"].startswith(base)
    assert seen["value"] == 42
    assert all("site-packages" not in path and "python3" in path for path in standard)


@pytest.mark.parametrize("module", ["msgspec", "pytest", "psutil", "sandbox"])
def test_packages_of_the_sandbox_are_not_there(lab: Lab, module: str) -> None:
    async def go() -> Any:
        async with lab.runtime() as runtime:
            return await runtime.run(lab.function(f"import {module}"), lab.request())

    assert json.loads(asyncio.run(go()).payload)["errorMessage"] == (
        f"Unable to import module 'app': No module named '{module}'"
    )


def test_a_package_in_the_code_hides_the_runtime_s_own(lab: Lab) -> None:
    spec = lab.function("import boto3\ndef handler(e, c):\n    return boto3.version")
    bundled = Path(spec.code, "boto3")
    bundled.mkdir()
    (bundled / "__init__.py").write_text("version = 'mine'")

    async def go() -> Any:
        async with lab.runtime() as runtime:
            return await runtime.run(spec, lab.request())

    assert asyncio.run(go()).payload == b'"mine"'


@pytest.mark.skipif(sys.platform != "linux", reason="needs mount namespaces")
def test_each_environment_has_an_empty_tmp_of_its_own_and_of_its_size(lab: Lab) -> None:
    source = """
        import os, time
        def handler(event, context):
            before = os.listdir("/tmp") if event == "look" else []
            with open("/tmp/mine", "wb") as file:
                file.write(b"x" * 1000)
            if event == "fill":
                with open("/tmp/large", "wb") as file:
                    file.write(b"x" * (20 << 20))
            return sorted(before)
    """

    async def go() -> tuple[Any, ...]:
        async with lab.runtime() as runtime:
            spec = lab.function(source, tmp_size=10)
            first = await runtime.run(spec, lab.request("write"))
            again = await runtime.run(spec, lab.request("look"))
            other = await runtime.run(lab.function(source), lab.request("look"))
            full = await runtime.run(spec, lab.request("fill"))
            return first, again, other, full

    _, again, other, full = asyncio.run(go())
    if lab.notices:
        pytest.skip(f"not permitted here: {lab.notices}")
    assert "mine" in json.loads(again.payload)
    assert "mine" not in json.loads(other.payload)
    assert "No space left on device" in json.loads(full.payload)["errorMessage"]
    assert not Path("/tmp/mine").exists()


@METHODS
def test_no_descriptor_is_inherited_and_the_process_leads_its_own_group(lab: Lab, start_method: str) -> None:
    seen = ask(
        lab,
        """
        import os, time
        links = {n: f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")}
        files = {n: os.readlink(link).split(":")[0] for n, link in links.items() if os.path.exists(link)}
        def handler(e, c):
            return {"files": files, "leader": os.getpgid(0) == os.getpid(), "tz": time.strftime("%Z"),
                    "umask": os.umask(0o22)}
        """,
        start_method,
    )
    log = {"1": "pipe", "2": "pipe", "3": "pipe"}
    assert {number: kind for number, kind in seen["files"].items() if kind != "socket"} == {
        "0": "/dev/null",
        **log,
    }
    assert (seen["leader"], seen["tz"], seen["umask"]) == (True, "UTC", 0o22)


def test_forked_workers_do_not_share_their_randomness(lab: Lab) -> None:
    source = """
        import random, uuid, os
        def handler(e, c):
            return [random.random(), str(uuid.uuid4()), os.urandom(4).hex()]
    """

    async def go() -> list[Any]:
        async with lab.runtime() as runtime:
            spec = lab.function(source)
            outcomes = await asyncio.gather(*(runtime.run(spec, lab.request()) for _ in range(3)))
            return [json.loads(outcome.payload) for outcome in outcomes]

    values = asyncio.run(go())
    for position in range(3):
        assert len({value[position] for value in values}) == 3
