"""AWS::Events::Archive.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from sandbox.deploy.resources.base import Context, Existing, Made, Property, Props, ResourceType, unless_gone
from sandbox.deploy.resources.shapes import Integer, Json, Text

#: Archives have shorter names than most.
_NAME_LIMIT = 48


class Archive(ResourceType):
    """AWS::Events::Archive."""

    type = "AWS::Events::Archive"
    properties: ClassVar = {
        "ArchiveName": Property(Text(), replaces=True),
        "Description": Property(Text()),
        "EventPattern": Property(Json()),
        "RetentionDays": Property(Integer()),
        "SourceArn": Property(Text(), replaces=True, required=True),
    }
    not_implemented = frozenset({"KmsKeyIdentifier"})
    attributes = frozenset({"Arn", "ArchiveName"})
    name_property = "ArchiveName"

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(props.get("ArchiveName"), _NAME_LIMIT)

    async def create(self, context: Context, props: Props) -> Made:
        name = self.expected_id(context, props)
        sent = {**_settings(props), "EventSourceArn": props["SourceArn"]}
        answer = await context.aws("events", "CreateArchive", {"ArchiveName": name, **sent})
        return Made(name, {"Arn": answer["ArchiveArn"], "ArchiveName": name})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        # What a template no longer says is put back: UpdateArchive leaves what it is not given.
        sent = {"Description": "", "RetentionDays": 0, "EventPattern": ""}
        given = {member: value for member, value in _settings(props).items() if value is not None}
        await context.aws("events", "UpdateArchive", {"ArchiveName": old.physical_id, **sent, **given})
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("events", "DeleteArchive", {"ArchiveName": old.physical_id}))


def _settings(props: Props) -> dict[str, Any]:
    pattern = json.dumps(props["EventPattern"]) if "EventPattern" in props else None
    return {
        "Description": props.get("Description"),
        "RetentionDays": props.get("RetentionDays"),
        "EventPattern": pattern,
    }


TYPES = (Archive(),)
