"""Resources that a function or topic of the user's own makes: AWS::CloudFormation::CustomResource, Custom::….

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar
from uuid import uuid4

import msgspec

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    HalfMadeError,
    Made,
    Property,
    Props,
    ResourceType,
)
from sandbox.deploy.resources.shapes import Integer, Text
from sandbox.deploy.template.dynamic import expand_references
from sandbox.deploy.template.problem import Path, Problem
from sandbox.deploy.template.secret import SecretText, plain, without_digests
from sandbox.deploy.template.values import as_text
from sandbox.model.arn import parse_arn

_TYPE = re.compile(r"Custom::[A-Za-z0-9_@-]{1,60}")
_LAMBDA, _SNS = "arn:aws:lambda:", "arn:aws:sns:"
_SUBJECT = "AWS CloudFormation custom resource request"
#: Seconds that an answer is waited for, unless `ServiceTimeout` says otherwise; no more than this either way.
_PATIENCE = 3600
#: Bytes of an answer.
_MOST = 4096


def is_custom(type_: str) -> bool:
    """Whether a type is one of the user's own."""
    return type_ == CustomResource.type or _TYPE.fullmatch(type_) is not None


class _Answer(msgspec.Struct, rename="pascal"):
    """What a provider sends back."""

    status: str
    stack_id: str
    request_id: str
    logical_resource_id: str
    physical_resource_id: str | None = None
    reason: str | None = None
    no_echo: bool | None = None
    data: dict[str, Any] | None = None


class CustomResource(ResourceType):
    """A custom resource: its provider is told what is wanted, and answers what it made of it."""

    type = "AWS::CloudFormation::CustomResource"
    properties: ClassVar = {
        "ServiceTimeout": Property(Integer()),
        "ServiceToken": Property(Text(), required=True),
    }
    told_of_failures = True

    def read(self, resolved: Mapping[str, Any], path: Path) -> Props:
        known = {name: resolved[name] for name in self.properties if name in resolved}
        props = {**resolved, **super().read(known, path)}
        token, timeout = props["ServiceToken"], props.get("ServiceTimeout", _PATIENCE)
        if isinstance(token, str) and not token.startswith((_LAMBDA, _SNS)):
            why = f"{token} is neither the ARN of a function nor of a topic"
            raise Problem((*path, "ServiceToken"), why, "name who makes the resource")
        if isinstance(timeout, int) and not 1 <= timeout <= _PATIENCE:
            raise Problem(
                (*path, "ServiceTimeout"), f"{timeout} is not in 1 to {_PATIENCE} seconds", "correct it"
            )
        return {name: _as_texts(value) for name, value in props.items()}

    def has_attribute(self, name: str) -> bool:
        return True

    def lacks(self, name: str, physical_id: str) -> str:
        return f"the answer of its provider has no {name} for {physical_id}"

    def replaced_by(self, changed: frozenset[str], old: Props, new: Props) -> frozenset[str]:
        return frozenset()

    def check_change(self, old: Props, new: Props, path: Path) -> None:
        token = new["ServiceToken"]
        if isinstance(token, str) and token != old["ServiceToken"]:
            why = "Modifying service token is not allowed."
            raise Problem((*path, "ServiceToken"), why, "give the resource another logical id")

    def expected_id(self, context: Context, props: Props) -> str | None:
        """What it is called until its provider says so, and where that never does."""
        return context.name(None)

    async def create(self, context: Context, props: Props) -> Made:
        return await _ask(context, "Create", props)

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        before = without_digests(old.properties)
        told = {"PhysicalResourceId": old.physical_id, "OldResourceProperties": before}
        return await _ask(context, "Update", props, told)

    async def delete(self, context: Context, old: Existing) -> None:
        props = without_digests(old.properties)
        with suppress(Problem):  # what it refers to is gone: it is told the reference
            props = await expand_references(props, context.aws, ())
        await _ask(context, "Delete", props, {"PhysicalResourceId": old.physical_id})


def _as_texts(value: Any) -> Any:
    """Values as providers get them: every scalar is a text."""
    if isinstance(value, dict):
        return {name: _as_texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_texts(item) for item in value]
    return as_text(value) if isinstance(value, bool | int | float) else value


async def _ask(context: Context, kind: str, props: Props, told: Mapping[str, Any] | None = None) -> Made:
    """Tells the provider what is wanted, and waits for what it answers.

    Raises:
        HalfMadeError: it failed, or did not answer in time.
        AwsError: it cannot be reached.
    """
    token = props["ServiceToken"]
    request: dict[str, Any] = {
        "RequestType": kind,
        "ServiceToken": token,
        "StackId": context.stack_id,
        "RequestId": str(uuid4()),
        "LogicalResourceId": context.logical_id,
        "ResourceType": context.type,
        **(told or {}),
        "ResourceProperties": plain(props),
    }

    async def send(url: str) -> None:
        message = json.dumps({**request, "ResponseURL": url})
        if token.startswith(_SNS):
            sent = {"TopicArn": token, "Subject": _SUBJECT, "Message": message}
            await context.aws("sns", "Publish", sent)
        else:
            sent = {"FunctionName": token, "InvocationType": "Event", "Payload": message.encode()}
            await context.aws("lambda", "Invoke", sent)

    seconds = float(props.get("ServiceTimeout", _PATIENCE))
    label = f"custom resource {context.logical_id} of {context.stack}"

    def waiting() -> None:
        who = parse_arn(token).name
        seen = f"`sandbox logs {who}` shows what it does" if token.startswith(_LAMBDA) else "it is a topic"
        context.notice(
            f"{context.logical_id} waits for {who} to answer ({kind}); {seen}. The wait ends after "
            f"{seconds:.0f} s of the sandbox's clock: `sandbox clock advance {seconds:.0f}s` ends it now"
        )

    body = await context.answers.ask(send, seconds, label, waiting)
    return _made(body, request)


def _made(body: bytes | None, request: Mapping[str, Any]) -> Made:
    """What an answer says was made.

    Raises:
        HalfMadeError: it says that it failed, or there is none that can be taken.
    """
    before = request.get("PhysicalResourceId", "")
    if body is None:
        raise HalfMadeError(
            "NotStabilized",
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
            f"requestId [{request['RequestId']}]. If you are using the Python cfn-response module, you may "
            "need to update your Lambda function code so that CloudFormation can attach the updated version.",
            before,
        )
    if len(body) > _MOST:
        raise HalfMadeError("GeneralServiceException", "Response object is too long.", before)
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.DecodeError as error:
        raise HalfMadeError("GeneralServiceException", f"Invalid response object: {error}", before) from error
    identity = answer.physical_resource_id or before
    for name, value in {
        "StackId": answer.stack_id,
        "RequestId": answer.request_id,
        "LogicalResourceId": answer.logical_resource_id,
    }.items():
        if value != request[name]:
            why = f"Invalid response object: its {name} is {value}, not that of the request"
            raise HalfMadeError("GeneralServiceException", why, before)
    if answer.status != "SUCCESS":
        raise HalfMadeError(
            "GeneralServiceException",
            f"Received response status [{answer.status}] from custom resource. Message returned: "
            f"{answer.reason or ''} (RequestId: {request['RequestId']})",
            identity,
        )
    if not identity:
        raise HalfMadeError("GeneralServiceException", "Invalid PhysicalResourceId", "")
    data = answer.data or {}
    return Made(identity, _secret(data) if answer.no_echo else data)


def _secret(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _secret(item) for name, item in value.items()}
    return [_secret(item) for item in value] if isinstance(value, list) else SecretText(as_text(value))


TYPES = (CustomResource(),)
