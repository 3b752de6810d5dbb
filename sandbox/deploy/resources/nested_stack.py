"""Stacks within stacks: AWS::CloudFormation::Stack.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

from __future__ import annotations

from typing import ClassVar
from uuid import NAMESPACE_URL, uuid5

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    NestedOrder,
    Property,
    Props,
    ResourceType,
    tag_map,
)
from sandbox.deploy.resources.shapes import TAG_LIST, MapOf, Text
from sandbox.deploy.template.secret import plain
from sandbox.model.arn import parse_arn, stack_arn

_OUTPUTS = "Outputs."
_NAME_LENGTH = 128


class NestedStack(ResourceType):
    """AWS::CloudFormation::Stack; its template is an object in S3, or a file beside the template."""

    type = "AWS::CloudFormation::Stack"
    properties: ClassVar = {
        "Parameters": Property(MapOf(Text())),
        "Tags": Property(TAG_LIST),
        "TemplateURL": Property(Text(), required=True),
    }
    not_implemented = frozenset({"NotificationARNs", "TimeoutInMinutes"})
    told_of_failures = True

    def has_attribute(self, name: str) -> bool:
        return name.startswith(_OUTPUTS)

    def lacks(self, name: str, physical_id: str) -> str:
        return f"Output '{name.removeprefix(_OUTPUTS)}' not found in stack '{physical_id}'"

    def replaced_by(self, changed: frozenset[str], old: Props, new: Props) -> frozenset[str]:
        return frozenset()

    def expected_id(self, context: Context, props: Props) -> str | None:
        """Its ARN: drawn from the parent's, so that a deployment that was cut off finds what it made."""
        unique = uuid5(NAMESPACE_URL, f"{context.stack_id}/{context.logical_id}/{context.generation}")
        return str(stack_arn(context.scope, context.name(None, _NAME_LENGTH), str(unique)))

    async def create(self, context: Context, props: Props) -> Made:
        stack_id = self.expected_id(context, props)
        assert stack_id is not None
        return await _deploy(context, stack_id, props, "create")

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        return await _deploy(context, old.physical_id, props, "update")

    async def delete(self, context: Context, old: Existing) -> None:
        await context.nested.delete(stack_name(old.physical_id), old.physical_id)


async def _deploy(context: Context, stack_id: str, props: Props, action: str) -> Made:
    order = NestedOrder(
        stack_name(stack_id),
        stack_id,
        context.stack_id,
        props["TemplateURL"],
        plain(props.get("Parameters", {})),
        tag_map(props.get("Tags")) or {},
    )
    outputs = await context.nested.deploy(order, action)
    return Made(stack_id, {f"{_OUTPUTS}{name}": value for name, value in outputs.items()})


def stack_name(stack_id: str) -> str:
    """The name in a stack's ARN: `stack/NAME/UUID`."""
    return parse_arn(stack_id).resource.split("/")[1]


TYPES = (NestedStack(),)
