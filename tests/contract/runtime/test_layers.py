"""What a function finds under /opt."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.runtime.conftest import Lab

SOURCE = """
    import os, sys
    import shared, upper, over
    def handler(event, context):
        return {
            "values": [shared.VALUE, upper.VALUE, over.VALUE], "file": shared.__file__,
            "data": open(os.path.dirname(os.path.dirname(shared.__file__)) + "/data.txt").read(),
            "first": sys.path[0],
        }
"""


BOOTSTRAP = f"""#!{sys.executable}
import os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as answer:
        name = answer.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(api + name + "/response", data=b'"from the layer"').close()
"""


def layer(lab: Lab, name: str, files: dict[str, str]) -> str:
    folder = lab.folder / name
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return str(folder)


@pytest.mark.parametrize("start_method", ["fork", "exec"])
def test_layers_lie_over_one_another_and_under_the_code(lab: Lab, start_method: str) -> None:
    lower = layer(
        lab,
        "lower",
        {"python/shared.py": "VALUE = 1", "python/over.py": "VALUE = 1", "data.txt": "below"},
    )
    upper = layer(
        lab,
        "upper",
        {"python/upper.py": "VALUE = 2", "python/over.py": "VALUE = 2", "data.txt": "above"},
    )
    spec = lab.function(SOURCE, layers=(lower, upper))
    Path(spec.code, "upper.py").write_text("VALUE = 3")

    async def go() -> dict[str, object]:
        async with lab.runtime(start_method=start_method) as runtime:
            outcome = await runtime.run(spec, lab.request())
            assert outcome.error is None, outcome.log
            answer = json.loads(outcome.payload)
            if not any("cannot have a /tmp" in text or "start by exec" in text for text in lab.notices):
                assert answer["file"] == "/opt/python/shared.py"
            return {key: answer[key] for key in ("values", "data", "first")}

    assert asyncio.run(go()) == {"values": [1, 3, 2], "data": "above", "first": spec.code}


def test_a_package_in_a_layer_comes_before_the_runtimes_own(lab: Lab) -> None:
    one = layer(lab, "one", {"python/boto3/__init__.py": "VALUE = 'of the layer'"})
    spec = lab.function("import boto3\ndef handler(event, context):\n    return boto3.VALUE", layers=(one,))

    async def go() -> bytes:
        async with lab.runtime() as runtime:
            return (await runtime.run(spec, lab.request())).payload

    assert asyncio.run(go()) == b'"of the layer"'


def test_the_bootstrap_may_come_from_a_layer(lab: Lab) -> None:
    one = layer(lab, "boot", {"bootstrap": BOOTSTRAP})
    Path(one, "bootstrap").chmod(0o755)
    spec = lab.function("", "any.thing", runtime="provided.al2023", layers=(one,))

    async def go() -> bytes:
        async with lab.runtime() as runtime:
            return (await runtime.run(spec, lab.request())).payload

    assert asyncio.run(go()) == b'"from the layer"'
