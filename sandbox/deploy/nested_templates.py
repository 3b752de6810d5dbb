"""The templates of nested stacks: where they are, and whether they can be deployed.

Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path as File

from sandbox.deploy.resources.base import AwsCall
from sandbox.deploy.resources.nested_stack import NestedStack, stack_name
from sandbox.deploy.resources.registry import refusal_of
from sandbox.deploy.summary import summarize
from sandbox.deploy.system import Sent, System
from sandbox.deploy.template.cdk import METADATA
from sandbox.deploy.template.problem import Path, Problem
from sandbox.errors import TemplateError
from sandbox.model.awserror import AwsError
from sandbox.model.template_urls import object_address

STACK = NestedStack.type
_SAM = "AWS::Serverless::"


async def read_nested(url: str, call: AwsCall, folder: File | None, path: Path) -> tuple[str, File | None]:
    """The text of a template, and its file where it is one.

    Args:
        url: of an object in a bucket, or a path beside the template that names it.
        folder: of that template; None where it was sent, and no files are beside it.

    Raises:
        Problem: it cannot be read.
    """
    address = object_address(url)
    if address is None:
        if folder is None:
            raise Problem(path, f"{url} is not the URL of an object in S3", "upload the template first")
        file = (folder / url).resolve()
        try:
            return await asyncio.to_thread(file.read_text), file
        except (OSError, UnicodeDecodeError) as error:
            raise Problem(path, f"{file} cannot be read: {error}", "name the nested template") from error
    params = {"Bucket": address.bucket, "Key": address.key, "VersionId": address.version or None}
    try:
        answer = await call("s3", "GetObject", params)
        return bytes(answer["Body"]).decode("utf-8-sig"), None
    except (AwsError, UnicodeDecodeError) as error:
        why = f"the template {address.bucket}/{address.key} cannot be read: {error}"
        raise Problem(path, why, "upload it first") from error


def nested_system(stack_id: str, text: str, file: File | None) -> System:
    """What a nested stack is made of.

    Args:
        text, file: as `read_nested` gives them.
    """
    name = stack_name(stack_id)
    template = file or File(f"{name}.template")
    sent = None if file else Sent(text, stack_id)
    return System(name, template.parent, template, {}, sent=sent, nested=stack_id)


def check_nested(url: str, text: str, path: Path) -> None:
    """Refuses a template that is none, or asks for types that are not there, before anything is made.

    Raises:
        Problem: what is wrong with it.
    """
    try:
        types = summarize(text).types
    except TemplateError as error:
        raise Problem(path, f"{url}: {error.why}", error.remedy) from error
    for logical_id, type_ in types.items():
        later = logical_id.startswith("Fn::") or type_.startswith(_SAM) or type_ == METADATA
        if not later and (why := refusal_of(type_)):
            raise Problem(path, f"{url}: resource {logical_id}: {why}", "remove the resource, or replace it")


def digest(text: str) -> str:
    """Stands for the text of a template."""
    return hashlib.sha256(text.encode()).hexdigest()
