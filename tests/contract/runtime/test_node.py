"""Node functions: what a caller and a log get from them."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.model.ports import FunctionSpec, Outcome
from sandbox.runtime.launch import LaunchError
from sandbox.runtime.nodes import Nodes, sdk_folder

if TYPE_CHECKING:
    from tests.contract.runtime.conftest import Lab


def node(lab: Lab, files: dict[str, str], handler: str = "index.handler", **changes: Any) -> FunctionSpec:
    spec = lab.function("", handler, **{"runtime": "nodejs20.x", "memory": 256, "timeout": 30.0, **changes})
    for name, text in files.items():
        path = Path(spec.code, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return spec


def run(lab: Lab, spec: FunctionSpec, *events: Any) -> list[Outcome]:
    async def go() -> list[Outcome]:
        async with lab.runtime() as runtime:
            return [await runtime.run(spec, lab.request(event)) for event in events or (None,)]

    return asyncio.run(go())


def answer(outcome: Outcome) -> Any:
    assert outcome.error is None, outcome.log
    return json.loads(outcome.payload)


def test_an_sdk_for_every_program_is_found_beside_its_node(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "node"
    program.parent.mkdir()
    program.touch()
    assert sdk_folder(str(program)) == ""
    packages = tmp_path / "lib" / "node_modules"
    (packages / "@aws-sdk").mkdir(parents=True)
    assert sdk_folder(str(program)) == str(packages)


def test_a_module_of_each_kind_and_a_warm_environment(lab: Lab) -> None:
    body = (
        "let calls = 0;"
        "const handler = async (event, context) => ({ event, calls: ++calls, pid: process.pid });"
    )
    common = node(lab, {"index.js": f"{body} exports.handler = handler;"})
    module = node(lab, {"src/app.mjs": f"{body} export {{ handler }};"}, "src/app.handler")
    typed = node(
        lab,
        {"index.js": f"{body} export {{ handler }};", "package.json": json.dumps({"type": "module"})},
    )
    for spec in (common, module, typed):
        first, second = map(answer, run(lab, spec, {"n": 1}, {"n": 2}))
        assert (first["event"], first["calls"]) == ({"n": 1}, 1)
        assert (second["event"], second["calls"], second["pid"]) == ({"n": 2}, 2, first["pid"])


def test_the_context_and_the_variables(lab: Lab) -> None:
    source = """
        exports.handler = async (event, context) => ({
            id: context.awsRequestId, arn: context.invokedFunctionArn, memory: context.memoryLimitInMB,
            name: context.functionName, version: context.functionVersion, stream: context.logStreamName,
            left: context.getRemainingTimeInMillis(), client: context.clientContext,
            trace: process.env._X_AMZN_TRACE_ID, own: process.env.OWN, home: process.env.HOME,
            cwd: process.cwd(), endpoint: process.env.AWS_ENDPOINT_URL,
        });
    """
    spec = node(lab, {"index.js": source}, environment=(("OWN", "1"),))

    async def go() -> tuple[Any, Outcome]:
        async with lab.runtime() as runtime:
            request = lab.request(client_context='{"custom": {"a": 1}}')
            return request, await runtime.run(spec, request)

    request, outcome = asyncio.run(go())
    found = answer(outcome)
    assert 0 < found.pop("left") <= 30_000
    assert found == {
        "id": request.request_id,
        "arn": spec.arn,
        "memory": "256",
        "name": spec.name,
        "version": "$LATEST",
        "stream": outcome.log_stream,
        "client": {"custom": {"a": 1}},
        "trace": request.trace,
        "own": "1",
        "home": "/home/sbx_user1051",
        "cwd": spec.code,
        "endpoint": "http://127.0.0.1:4566",
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("exports.handler = (e, c, callback) => callback(null, { a: 1 });", {"a": 1}),
        ("exports.handler = (e, c, callback) => { setTimeout(() => callback(null, 2), 5); };", 2),
        # The answer waits until nothing is left to do, unless the function says otherwise.
        (
            "let late = 0; exports.handler = (e, c, callback) => {"
            " setTimeout(() => { late = 1; }, 20); callback(null, { get late() { return late; } }); };",
            {"late": 1},
        ),
        (
            "let late = 0; exports.handler = (e, c, callback) => { c.callbackWaitsForEmptyEventLoop = false;"
            " setTimeout(() => { late = 1; }, 2000); callback(null, { get late() { return late; } }); };",
            {"late": 0},
        ),
        ("exports.handler = async () => undefined;", None),
        ("exports.handler = () => {};", None),
        ("exports.a = { handler: async () => 'inner' };", "inner"),
    ],
)
def test_handlers_of_every_form(lab: Lab, source: str, expected: Any) -> None:
    handler = "index.a.handler" if "exports.a" in source else "index.handler"
    assert answer(run(lab, node(lab, {"index.js": source}, handler))[0]) == expected


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("exports.handler = async () => { throw new TypeError('no good'); };", "TypeError"),
        ("exports.handler = (e, c, callback) => { callback(new TypeError('no good')); };", "TypeError"),
        ("exports.handler = () => { throw new TypeError('no good'); };", "TypeError"),
    ],
)
def test_an_error_is_told_with_its_trace(lab: Lab, source: str, kind: str) -> None:
    (failed,) = run(lab, node(lab, {"index.js": source}))
    error = json.loads(failed.payload)
    assert (failed.error, failed.kind) == ("Unhandled", "error")
    assert (error["errorType"], error["errorMessage"]) == (kind, "no good")
    assert error["trace"][0] == f"{kind}: no good"
    assert "index.js:1" in error["trace"][1]
    (line,) = [line for line in failed.log if "Invoke Error" in line]
    assert re.match(r"\d{4}-\S+Z\t[0-9a-f-]{36}\tERROR\tInvoke Error \t\{\"errorType\"", line)


def test_a_rejection_nobody_handles_ends_the_environment(lab: Lab) -> None:
    source = """
        exports.handler = async (event) => {
            if (event) {
                Promise.reject(new Error("lost"));
                await new Promise(() => setTimeout(() => {}, 60000));
            }
            return process.pid;
        };
    """
    failed, after = run(lab, node(lab, {"index.js": source}), True, False)
    error = json.loads(failed.payload)
    assert (error["errorType"], error["errorMessage"]) == (
        "Runtime.UnhandledPromiseRejection",
        "Error: lost",
    )
    assert answer(after) > 0
    assert after.environment != failed.environment


@pytest.mark.parametrize(
    ("source", "handler", "kind", "text"),
    [
        ("exports.other = 1;", "index.handler", "Runtime.HandlerNotFound", "index.handler is undefined"),
        ("", "missing.handler", "Runtime.ImportModuleError", "Cannot find module 'missing'"),
        ("require('nada');", "index.handler", "Runtime.ImportModuleError", "Cannot find module 'nada'"),
        ("exports.handler = (;", "index.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: "),
        ("", "index", "Runtime.MalformedHandlerName", "Bad handler"),
        ("throw new RangeError('at once');", "index.handler", "RangeError", "at once"),
    ],
)
def test_what_cannot_be_loaded(lab: Lab, source: str, handler: str, kind: str, text: str) -> None:
    (failed,) = run(lab, node(lab, {"index.js": source}, handler))
    error = json.loads(failed.payload)
    assert failed.kind == "init-error"
    assert error["errorType"] == kind
    assert text in error["errorMessage"]


def test_what_console_writes_is_one_record_however_many_lines(lab: Lab) -> None:
    source = """
        console.log("loading");
        exports.handler = async () => {
            console.log("two\\nlines", { a: 1 }); console.warn("w"); console.error("e"); console.debug("d");
            process.stdout.write("plain\\n");
        };
    """
    (outcome,) = run(lab, node(lab, {"index.js": source}))
    lines = [line.split("\t", 1)[1] if "\t" in line else line for line in outcome.log[1:-2]]
    request_id = outcome.log[-2].split()[2]
    assert lines == [
        "undefined\tINFO\tloading",
        f"START RequestId: {request_id} Version: $LATEST",
        f"{request_id}\tINFO\ttwo\nlines {{ a: 1 }}",
        f"{request_id}\tWARN\tw",
        f"{request_id}\tERROR\te",
        f"{request_id}\tDEBUG\td",
        "plain",
    ]


def test_a_log_of_json(lab: Lab) -> None:
    source = """
        exports.handler = async () => {
            console.log("quiet"); console.warn("loud", 1); console.error({ a: 1 });
        };
    """
    spec = node(lab, {"index.js": source}, log_format="JSON", log_level="WARN", system_log_level="WARN")
    (outcome,) = run(lab, spec)
    events = [json.loads(line) for line in outcome.log]
    assert [(event["level"], event["message"]) for event in events] == [
        ("WARN", "loud 1"),
        ("ERROR", {"a": 1}),
    ]
    assert len({event["requestId"] for event in events}) == 1


def test_packages_of_a_layer_are_found(lab: Lab) -> None:
    layer = lab.folder / "layer" / "nodejs" / "node_modules" / "shared"
    layer.mkdir(parents=True)
    (layer / "index.js").write_text("module.exports = 'of the layer';")
    source = "const shared = require('shared'); exports.handler = async () => shared;"
    spec = node(lab, {"index.js": source}, layers=(str(lab.folder / "layer"),))
    assert answer(run(lab, spec)[0]) == "of the layer"


def test_a_missing_node_is_said_and_another_version_stands_in(tmp_path: Path) -> None:
    notices: list[str] = []

    async def go() -> str:
        own = tmp_path / "node"
        own.write_text("#!/bin/sh\necho v99.1.0\n")
        own.chmod(0o755)
        nodes = Nodes(notices.append, {"PATH": str(tmp_path), "HOME": str(tmp_path)})
        nodes.candidates = lambda version: [own]  # type: ignore[method-assign]
        return await nodes.find("20")

    assert asyncio.run(go()).endswith("node")
    assert "Node.js 20 is not on this machine: its functions run on Node.js 99" in notices[0]

    async def nothing() -> None:
        nodes = Nodes(notices.append, {"PATH": str(tmp_path), "HOME": str(tmp_path)})
        nodes.candidates = lambda version: []  # type: ignore[method-assign]
        await nodes.find("20")

    with pytest.raises(LaunchError, match="node is not on this machine"):
        asyncio.run(nothing())
