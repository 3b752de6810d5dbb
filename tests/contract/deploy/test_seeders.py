"""Seeders as real children."""

from __future__ import annotations

import asyncio
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil
import pytest

from sandbox.deploy.errors import SeedError
from sandbox.deploy.seeders import run_seeder
from sandbox.deploy.system import SeederSpec, System
from tests.contract.deploy.harness import Bench

ENVIRONMENT = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "PGHOST": "127.0.0.1"}


def seed(folder: Path, code: str, timeout: float = 60.0) -> dict[str, Any]:
    package = folder / "semente"
    package.mkdir(exist_ok=True)
    (package / "it.py").write_text(dedent(code))
    system = folder / "handlers" / "it"
    system.mkdir(parents=True, exist_ok=True)
    seeder = SeederSpec("produtos", "semente.it", (), timeout)
    return asyncio.run(run_seeder(seeder, system, ENVIRONMENT, {"Url": "u"}))


def test_a_module_is_found_upwards_and_gets_its_environment(tmp_path: Path) -> None:
    answer = seed(
        tmp_path,
        """
        import json, os, sys
        print("speaks here", file=sys.stderr)
        names = sorted(set(os.environ) - {"LC_CTYPE", "PATH", "HOME", "LANG", "PYTHONPATH"})
        outputs = json.loads(os.environ["STACK_OUTPUTS"])
        print(json.dumps({"names": names, "outputs": outputs, "cwd": os.getcwd()}))
        """,
    )
    assert answer == {
        "names": ["AWS_ENDPOINT_URL", "PGHOST", "STACK_OUTPUTS"],
        "outputs": {"Url": "u"},
        "cwd": str(tmp_path / "handlers" / "it"),
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raise SystemExit('no products')", "no products"),
        ("print('hello')", "'hello'"),
        ("print([1])", "not an object"),
        ("pass", "did not write one JSON object"),
        ("import sys\nprint('x' * 50, file=sys.stderr)\n1 / 0", "ZeroDivisionError"),
    ],
)
def test_failures_say_what_the_seeder_said(tmp_path: Path, code: str, expected: str) -> None:
    with pytest.raises(SeedError) as caught:
        seed(tmp_path, code)
    assert expected in str(caught.value)
    assert "produtos" in caught.value.what


def test_a_seeder_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    seeder = SeederSpec("produtos", None, ("sh", "-c", "sleep 1000 & echo $! >child; wait"), timeout=1.0)
    with pytest.raises(SeedError, match="did not end within"):
        asyncio.run(run_seeder(seeder, tmp_path, ENVIRONMENT, {}))
    assert _is_gone(int((tmp_path / "child").read_text()))


def _is_gone(pid: int) -> bool:
    """Whether the process ends: it was sent its signal, and dies as soon as the machine gets to it."""
    try:
        psutil.Process(pid).wait(timeout=30)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        # Dead, and nobody's to wait for: a zombie until its new parent looks.
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="cannot be started"):
        asyncio.run(run_seeder(SeederSpec("x", None, ("./nothing",)), tmp_path, {}, {}))


def test_answers_are_the_seed_data_of_the_stack(bench: Bench) -> None:
    stack = bench.deploy("Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {Url: {Value: !Ref Q}}")
    seeder = SeederSpec("fila", None, ("sh", "-c", 'echo "{\\"outputs\\": $STACK_OUTPUTS}"'))
    system = System(stack.name, bench.folder, bench.folder / "demo.yaml", {}, (), (seeder,))
    deployer = bench.deployer()
    asyncio.run(deployer.seed(system, {}, "http://127.0.0.1:9", on_event=bench.events.append))
    assert deployer.seed_data("demo")["fila"]["outputs"]["Url"].startswith(
        "http://127.0.0.1:9/000000000000/demo-Q-"
    )
    again = bench.deploy("Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {Url: {Value: !Ref Q}}")
    assert again.seed["fila"]
