"""The SAM transform, cached by content: a template that was transformed once never costs the translator
again.

Follows https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path as File
from typing import Any

from sandbox.deploy.template.parameters import ParameterValues
from sandbox.deploy.template.problem import Problem, Problems

#: Raise when what is handed to the translator changes its form.
_FORMAT = 1
#: Real seconds the transform may take; it needs one or two.
TIMEOUT = 60.0
#: Types of SAM that stand for resources which are not implemented.
_REFUSED = frozenset({"AWS::Serverless::GraphQLApi", "AWS::Serverless::StateMachine"})
_APPLICATION = "AWS::Serverless::Application"
_CHILD = File(__file__).with_name("sam_child.py")


async def transform_sam(
    data: Mapping[str, Any], parameters: ParameterValues, region: str, cache: File | None
) -> dict[str, Any]:
    """The CloudFormation document that a SAM template (its local files hidden) stands for.

    Values of `NoEcho` parameters are kept from the translator: references to them stay references, so that no
    secret is written to the cache.

    Args:
        cache: folder of transformed templates; None transforms every time.

    Raises:
        Problem, Problems: what the translator found wrong.
    """
    # What is refused by name is kept from the translator, which would find fault with its details first.
    refused = {name: body for name, body in data["Resources"].items() if _is_refused(body)}
    if refused:
        data = {**data, "Resources": {k: v for k, v in data["Resources"].items() if k not in refused}}
        if not data["Resources"]:
            return {**data, "Resources": refused}
    declared = data.get("Parameters", {})
    kept_back = {*parameters.secrets, *parameters.from_store}
    request = {
        "template": {
            **data,
            **(
                {
                    "Parameters": {
                        name: _without_default(body, name in kept_back) for name, body in declared.items()
                    }
                }
                if declared
                else {}
            ),
        },
        "parameters": {
            **{name: value for name, value in parameters.values.items() if name not in kept_back},
            "AWS::Region": region,
        },
    }
    payload = json.dumps(request).encode()
    key = hashlib.sha256(f"{_FORMAT}:{version('aws-sam-translator')}:".encode() + payload).hexdigest()
    stored = cache / f"sam-{key}.json" if cache else None
    answer = None if stored is None else _load(stored)
    if answer is None:
        answer = await _run(payload, region)
        if stored is not None and "template" in answer:
            _save(stored, answer)
    if "errors" in answer:
        raise Problems([_problem(cause) for cause in answer["errors"]])
    template: dict[str, Any] = answer["template"]
    if "Parameters" in template:
        # The translator may declare parameters of its own (images by runtime); those of the template come
        # back whole.
        template["Parameters"] = {**template["Parameters"], **declared}
    template["Resources"] = {**template["Resources"], **refused}
    return template


def _is_refused(body: Any) -> bool:
    if not isinstance(body, dict):
        return False
    if body.get("Type") == _APPLICATION:  # one of the Serverless Application Repository, or a template
        return isinstance(body.get("Properties"), dict) and isinstance(
            body["Properties"].get("Location"), dict
        )
    return body.get("Type") in _REFUSED


def _without_default(body: Any, kept_back: bool) -> Any:
    if not kept_back or not isinstance(body, dict):
        return body
    return {key: value for key, value in body.items() if key != "Default"}


def _problem(cause: Mapping[str, str]) -> Problem:
    logical_id = cause["logical_id"]
    message = cause["message"]
    path = ("Resources", logical_id) if logical_id else ()
    return Problem(path, f"SAM says: {message}", "correct it as the SAM specification says")


def _load(stored: File) -> dict[str, Any] | None:
    try:
        answer = json.loads(stored.read_bytes())
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) and "template" in answer else None


def _save(stored: File, answer: Mapping[str, Any]) -> None:
    """Writes aside and renames, so that two sandboxes that share the cache never see half a file."""
    stored.parent.mkdir(parents=True, exist_ok=True)
    aside = stored.with_suffix(f".{os.getpid()}.tmp")
    aside.write_text(json.dumps(answer), encoding="utf-8")
    aside.replace(stored)


async def _run(payload: bytes, region: str) -> dict[str, Any]:
    # The hash seed fixes the order in which the translator writes resources.
    environment = {"AWS_DEFAULT_REGION": region, "PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0"}
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    # -P keeps this folder's modules from hiding those of the translator.
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        str(_CHILD),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        async with asyncio.timeout(TIMEOUT):
            out, err = await child.communicate(payload)
    except TimeoutError:
        raise Problem(
            (), f"the SAM transform did not end within {TIMEOUT:.0f} s", "simplify the template"
        ) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        last = err.decode(errors="replace").strip().rsplit("\n", 1)[-1]
        raise Problem(
            (),
            f"the SAM translator failed on it: {last}",
            "check its SAM resources against the specification",
        )
    answer: dict[str, Any] = json.loads(out)
    return answer
