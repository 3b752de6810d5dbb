"""The life of execution environments: kept warm, retired, identified, and never left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.ports import FunctionSpec

if TYPE_CHECKING:
    from tests.contract.runtime.conftest import Lab

PID = "import os\ndef handler(event, context):\n    return os.getpid()"

LEAVES_CHILDREN = """
    import os, subprocess, sys
    def handler(event, context):
        daemon = "import os, time; os.setsid(); os.fork() and os._exit(0); time.sleep(600)"
        child = subprocess.Popen(["/bin/sleep", "601"])
        subprocess.run([sys.executable, "-c", daemon])
        print("ready", flush=True)
        if event == "die":
            os._exit(1)
        return child.pid
"""


def rewrite(spec: FunctionSpec, source: str) -> None:
    Path(spec.code, "app.py").write_text(source)


def alive(pids: list[int]) -> list[int]:
    found = []
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
        except psutil.NoSuchProcess:
            continue
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.to_thread(psutil.wait_procs, [], 0.01)


def descendants(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def test_parallel_invocations_get_environments_of_their_own(lab: Lab) -> None:
    # None answers before all have begun, so that none is free for another one.
    source = """
        import os, time
        from pathlib import Path
        def handler(event, context):
            begun = Path(__file__).parent / "begun"
            begun.mkdir(exist_ok=True)
            (begun / str(os.getpid())).touch()
            while len(os.listdir(begun)) < 4:
                time.sleep(0.01)
            return os.getpid()
    """

    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function(source, timeout=30.0)
            outcomes = await asyncio.gather(*(runtime.run(spec, lab.request()) for _ in range(4)))
            assert len({outcome.payload for outcome in outcomes}) == 4
            assert [view.state for view in runtime.snapshot()] == ["idle"] * 4
            again = await runtime.run(spec, lab.request())
            assert again.payload in {outcome.payload for outcome in outcomes}
            assert len(runtime.snapshot()) == 4

    asyncio.run(go())


def test_back_to_back_invocations_stay_in_one_environment(lab: Lab) -> None:
    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function(PID)
            payloads = {(await runtime.run(spec, lab.request())).payload for _ in range(50)}
            assert len(payloads) == 1
            (view,) = runtime.snapshot()
            assert (view.function, view.invocations, view.state) == (spec.arn, 50, "idle")
            assert view.memory_mb > 1
            assert {name for name, _ in runtime.processes()} == {"zygote python3.11", f"lambda {spec.name}"}

    asyncio.run(go())


def test_changed_code_gets_new_environments_and_ends_the_old_ones(lab: Lab) -> None:
    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function("def handler(e, c):\n    return 'old'")
            assert (await runtime.run(spec, lab.request())).payload == b'"old"'
            old = [view.pid for view in runtime.snapshot()]
            rewrite(spec, "def handler(e, c):\n    return 'new'")
            assert (await runtime.run(replace(spec, code_key="2"), lab.request())).payload == b'"new"'
            await until(lambda: not alive(old) and len(runtime.snapshot()) == 1)

    asyncio.run(go())


def test_retire_ends_idle_environments_now_and_busy_ones_after_their_work(lab: Lab) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 'done'"

    async def go() -> None:
        async with lab.runtime() as runtime:
            spec, other = lab.function(source), lab.function(source)
            await runtime.run(spec, lab.request(0))
            await runtime.run(other, lab.request(0))
            await runtime.retire(spec.arn)
            assert [view.function for view in runtime.snapshot()] == [other.arn]
            busy = asyncio.create_task(runtime.run(spec, lab.request(0.5)))
            await until(
                lambda: any(view.invocations == 1 and view.state == "busy" for view in runtime.snapshot())
            )
            await runtime.retire(spec.arn)
            assert (await busy).payload == b'"done"'
            await until(lambda: [view.function for view in runtime.snapshot()] == [other.arn])

    asyncio.run(go())


def test_an_idle_environment_expires(lab: Lab) -> None:
    async def go() -> None:
        async with lab.runtime(idle_seconds=0.05) as runtime:
            await runtime.run(lab.function(PID), lab.request())
            await until(lambda: not runtime.snapshot())

    asyncio.run(go())


def test_an_environment_that_died_while_idle_is_replaced(lab: Lab) -> None:
    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function(PID)
            first = await runtime.run(spec, lab.request())
            os.kill(int(first.payload), signal.SIGKILL)
            await until(lambda: not alive([int(first.payload)]))  # a busy machine takes a moment
            second = await runtime.run(spec, lab.request())
            assert second.error is None
            assert second.payload != first.payload

    asyncio.run(go())


def test_a_killed_zygote_takes_its_workers_along_and_is_replaced(lab: Lab) -> None:
    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function(PID)
            first = await runtime.run(spec, lab.request())
            os.kill(dict(runtime.processes())["zygote python3.11"], signal.SIGKILL)
            await until(lambda: not alive([int(first.payload)]) and not runtime.snapshot())
            second = await runtime.run(spec, lab.request())
            assert second.error is None

    asyncio.run(go())


def test_a_cancelled_invocation_ends_its_environment(lab: Lab) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(60)"

    async def go() -> None:
        async with lab.runtime() as runtime:
            task = asyncio.create_task(runtime.run(lab.function(source, timeout=90.0), lab.request()))
            await until(lambda: any(view.invocations for view in runtime.snapshot()))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: not runtime.snapshot())

    asyncio.run(go())


def test_an_access_key_leads_to_its_environment_and_to_the_hop_it_serves(lab: Lab) -> None:
    source = "import os\ndef handler(event, context):\n    return os.environ['AWS_ACCESS_KEY_ID']"

    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function(source)
            first = await runtime.run(spec, lab.request(hop=71))
            key = json.loads(first.payload)
            caller = runtime.lookup(key)
            assert caller is not None
            assert caller.hop == 71
            assert caller.arn == f"arn:aws:sts::000000000000:assumed-role/the-role/{spec.name}"
            assert (caller.function, caller.environment) == (spec.arn, first.environment)
            await runtime.run(spec, lab.request(hop=72))
            later = runtime.lookup(key)
            assert later is not None
            assert later.hop == 72
            assert runtime.lookup("AKIANOTOFANYFUNCTION") is None
            await runtime.retire(spec.arn)
            assert runtime.lookup(key) is not None, "calls on their way still have an owner"

    asyncio.run(go())


@pytest.mark.parametrize("event", ["die", "stay"])
def test_what_a_function_started_ends_with_it(lab: Lab, event: str) -> None:
    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function(LEAVES_CHILDREN)
            await runtime.run(lab.function(PID), lab.request())
            zygote = dict(runtime.processes())["zygote python3.11"]
            kept = descendants(zygote)
            task = asyncio.create_task(runtime.run(spec, lab.request(event)))
            await task
            if event == "stay":
                assert len(descendants(zygote)) == len(kept) + 3
                await runtime.retire(spec.arn)
            await until(lambda: alive(descendants(zygote)) == kept)

    asyncio.run(go())


@pytest.mark.parametrize("start_method", ["fork", "exec"])
def test_stop_leaves_no_process_and_no_folder(lab: Lab, start_method: str) -> None:
    async def go() -> list[int]:
        async with lab.runtime(start_method=start_method) as runtime:
            await runtime.run(lab.function(LEAVES_CHILDREN), lab.request())
            busy = lab.function("import time\ndef handler(e, c):\n    time.sleep(60)", timeout=90.0)
            task = asyncio.create_task(runtime.run(busy, lab.request()))
            await until(lambda: any(view.state == "busy" and view.invocations for view in runtime.snapshot()))
            pids = [pid for _, pid in runtime.processes()]
            pids += [pid for parent in pids for pid in descendants(parent)]
        assert (await task).kind == "crash"
        return pids

    pids = asyncio.run(go())
    assert len(pids) >= 3
    assert alive(pids) == []
    assert not (lab.folder / "work").exists()


def test_nothing_survives_the_death_of_the_sandbox(lab: Lab) -> None:
    spec = lab.function(LEAVES_CHILDREN)
    program = textwrap.dedent(
        f"""
        import asyncio, sys
        from pathlib import Path
        from sandbox.clock import Clock
        from sandbox.model.ids import Ids
        from sandbox.model.ports import FunctionSpec, InvocationRequest
        from sandbox.model.scope import Scope
        from sandbox.runtime.dependencies import Dependencies
        from sandbox.runtime.interpreters import Interpreters
        from sandbox.runtime.runtime import LambdaRuntime

        async def main():
            runtime = LambdaRuntime(
                workdir=Path({str(lab.folder / "work")!r}), endpoint=lambda: "", clock=Clock(),
                interpreters=Interpreters(print), dependencies=Dependencies(), ids=Ids(), on_notice=print)
            await runtime.start()
            spec = FunctionSpec(arn="a", name="n", version="1", scope=Scope(), runtime="python3.11",
                                handler="app.handler", code={spec.code!r}, code_key="1")
            await runtime.run(spec, InvocationRequest("id", b"1", 1, ""))
            print("READY", flush=True)
            await asyncio.Event().wait()

        asyncio.run(main())
        """
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ}
    ) as daemon:
        assert daemon.stdout is not None
        assert "READY\n" in iter(daemon.stdout.readline, "")
        pids = descendants(daemon.pid)
        assert len(pids) >= 4
        daemon.kill()
    asyncio.run(until(lambda: not alive(pids)))


def test_an_interpreter_of_another_version_runs_the_function_if_it_is_there(lab: Lab) -> None:
    source = "import sys\ndef handler(event, context):\n    return list(sys.version_info[:2])"

    async def go() -> Any:
        async with lab.runtime() as runtime:
            return await runtime.run(lab.function(source, runtime="python3.13"), lab.request())

    version = json.loads(asyncio.run(go()).payload)
    if version != [3, 13]:
        assert any("python3.13 is not on this machine" in notice for notice in lab.notices)
        assert version == list(sys.version_info[:2])


def test_warming_up_starts_the_zygote_and_no_environment(lab: Lab) -> None:
    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function(PID)
            await runtime.warm_up(spec)
            (zygote,) = runtime.processes()
            await runtime.run(spec, lab.request())
            assert zygote in runtime.processes()

    asyncio.run(go())


def test_the_sdk_s_shared_data_files_leave_clients_to_their_own_environment(lab: Lab) -> None:
    source = """
        import boto3
        def handler(event, context):
            sqs, named = boto3.client("sqs"), boto3.client("sns", region_name="eu-west-1")
            return [sqs.meta.endpoint_url, sqs.meta.region_name, named.meta.region_name,
                    boto3.DEFAULT_SESSION.get_credentials().access_key]
    """

    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function(source, environment=(("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9"),))
            outcome = await runtime.run(spec, lab.request())
            endpoint, region, other, key = json.loads(outcome.payload)
            assert (endpoint, region, other) == ("http://127.0.0.1:9", "us-east-1", "eu-west-1")
            assert runtime.lookup(key) is not None

    asyncio.run(go())


def test_provisioned_environments_are_started_kept_and_replaced(lab: Lab) -> None:
    source = """
        import os
        def handler(event, context):
            return [os.getpid(), os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
    """

    async def go() -> None:
        async with lab.runtime(idle_seconds=0.0) as runtime:
            spec = lab.function(source)
            lines: list[str] = []
            await runtime.provision(spec, 2, lambda _, new: lines.extend(line for _, line in new))
            assert runtime.provisioned(spec.arn) == 2
            assert [line.split()[0] for line in lines] == ["INIT_START", "INIT_START"]
            before = {view.pid for view in runtime.snapshot()}
            outcome = await runtime.run(spec, lab.request())
            pid, kind = json.loads(outcome.payload)
            assert outcome.init_ms is None
            assert (pid in before, kind) == (True, "provisioned-concurrency")
            os.kill(pid, signal.SIGKILL)
            await until(lambda: not alive([pid]) and runtime.provisioned(spec.arn) == 2)
            await runtime.provision(spec, 0, lambda _, new: None)
            await until(lambda: not runtime.snapshot())

    asyncio.run(go())


def test_a_provisioned_environment_that_cannot_start_is_told_once(lab: Lab) -> None:
    async def go() -> None:
        async with lab.runtime() as runtime:
            spec = lab.function("raise ValueError('no')")
            with pytest.raises(AwsError, match="cannot run"):
                await runtime.provision(spec, 2, lambda _, new: None)
            assert runtime.provisioned(spec.arn) == 0

    asyncio.run(go())
