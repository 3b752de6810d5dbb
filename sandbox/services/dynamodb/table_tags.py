"""Tags of tables.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.dynamodb.errors import invalid, validation
from sandbox.services.base import Answer, Params, operation
from sandbox.services.dynamodb.core import DynamoDbCore, required
from sandbox.services.dynamodb.definitions import Table
from sandbox.services.dynamodb.in_use import check_not_deleting

_MAX_TAGS = 50


def check_tags(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags as a mapping.

    Raises:
        AwsError: ValidationException.
    """
    tags: dict[str, str] = {}
    for tag in given:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise invalid(f"Tag {key[:128]!r}: keys have 1 to 128 characters, values at most 256")
        if key.lower().startswith("aws:"):
            raise invalid(f"Tag {key!r}: keys that begin with aws: are reserved")
        tags[key] = value
    return tags


class TagOperations(DynamoDbCore):
    """TagResource and its kin."""

    @operation("TagResource", "ResourceArn Tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """Adds tags."""
        required(params, "ResourceArn", "Tags")
        table = self._tagged(call, params["ResourceArn"])
        check_not_deleting(table)
        tags = {**self.tables.tags(table), **check_tags(params["Tags"])}
        if len(tags) > _MAX_TAGS:
            raise validation(f"The number of tags exceeds the limit of {_MAX_TAGS}")
        self.tables.set_tags(table, tags)
        return {}

    @operation("UntagResource", "ResourceArn TagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags."""
        required(params, "ResourceArn", "TagKeys")
        table = self._tagged(call, params["ResourceArn"])
        check_not_deleting(table)
        kept = {key: value for key, value in self.tables.tags(table).items() if key not in params["TagKeys"]}
        self.tables.set_tags(table, kept)
        return {}

    @operation("ListTagsOfResource", "ResourceArn NextToken")
    def list_tags_of_resource(self, call: Call, params: Params) -> Answer:
        """The tags, all of them on one page."""
        required(params, "ResourceArn")
        if params.get("NextToken"):
            raise validation("Invalid NextToken: there is one page of tags")
        tags = self.tables.tags(self._tagged(call, params["ResourceArn"]))
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tagged(self, call: Call, arn: str) -> Table:
        if not arn.startswith("arn:"):
            raise validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
        found = self.tables.find(call.scope, arn)
        if found is None:
            raise AwsError(
                "ResourceNotFoundException", f"Requested resource not found: ResourcArn: {arn} not found"
            )
        return found
