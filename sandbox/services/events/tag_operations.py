"""Operations on the tags of buses and rules."""

from __future__ import annotations

from sandbox.model.call import Call
from sandbox.services.base import Answer, Params, operation
from sandbox.services.events.core import EventsCore
from sandbox.services.events.names import resource_reference


class TagOperations(EventsCore):
    """Tags."""

    @operation("TagResource", "ResourceARN Tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TagResource.html"""
        arn = self._existing(params)
        self.store.tag(arn, {tag["Key"]: tag["Value"] for tag in params["Tags"]})
        return {}

    @operation("UntagResource", "ResourceARN TagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UntagResource.html"""
        self.store.untag(self._existing(params), params["TagKeys"])
        return {}

    @operation("ListTagsForResource", "ResourceARN")
    def list_tags_for_resource(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTagsForResource.html"""
        tags = self.store.tags(self._existing(params))
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _existing(self, params: Params) -> str:
        """The ARN of the bus or rule, which must be there."""
        scope, bus, rule = resource_reference(params["ResourceARN"])
        found = self.store.bus(scope, bus) if rule is None else self.store.rule(scope, bus, rule)
        return str(found.arn)
