"""Operations on topics: create, configure, list, delete; their tags and permissions.

Page: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.model.arn import topic_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.sns_errors import invalid, invalid_attribute, no_resource
from sandbox.model.sns_policy import with_permission, without_permission
from sandbox.model.sns_topics import FIFO_SETTABLE, SETTABLE, check_name, default_policy, described, normal
from sandbox.services.base import Answer, Params, operation
from sandbox.services.sns.core import SnsCore, page, topic_reference
from sandbox.services.sns.topics import Topic

MAX_TAGS = 50


class TopicOperations(SnsCore):
    """What SNS does with topics as a whole."""

    @operation("CreateTopic", "Name Attributes Tags")
    def create_topic(self, call: Call, params: Params) -> Answer:
        """Creates a topic; the same name with the same attributes and tags answers the one that is there."""
        name: str = params["Name"]
        given: Mapping[str, str] = params.get("Attributes") or {}
        fifo = given.get("FifoTopic", "false").lower() == "true"
        check_name(name, fifo=fifo)
        attributes = {
            key: normal(key, value, fifo=fifo) for key, value in given.items() if key != "FifoTopic"
        }
        tags = _tags(params.get("Tags") or [])
        arn = topic_arn(call.scope, name)
        existing = self.topics.find(arn)
        if existing is None:
            self.topics.create(arn, {key: value for key, value in attributes.items() if value}, tags)
        else:
            _must_agree(existing, attributes)
            if tags and dict(existing.tags) != tags:
                raise invalid("Tags Reason: Topic already exists with different tags")
        return {"TopicArn": str(arn)}

    @operation("DeleteTopic", "TopicArn")
    def delete_topic(self, call: Call, params: Params) -> Answer:
        """Deletes a topic with its subscriptions; one that is not there is no error."""
        topic = self.topics.find(topic_reference(params.get("TopicArn")))
        if topic is not None:
            self.topics.delete(topic)
        return {}

    @operation("ListTopics", "NextToken")
    def list_topics(self, call: Call, params: Params) -> Answer:
        """The topics of the caller's account and region."""
        topics, more = page(self.topics.of(call.scope), params, lambda topic: topic.arn.resource)
        return {"Topics": [{"TopicArn": str(topic.arn)} for topic in topics], **more}

    @operation("GetTopicAttributes", "TopicArn")
    def get_topic_attributes(self, call: Call, params: Params) -> Answer:
        """The attributes of a topic."""
        topic = self.topic_of(params.get("TopicArn"))
        subscriptions = self.subscriptions.of_topic(topic.id)
        pending = sum(subscription.token is not None for subscription in subscriptions)
        confirmed = len(subscriptions) - pending
        return {"Attributes": described(topic.arn, topic.attributes, pending, confirmed, topic.deleted)}

    @operation("SetTopicAttributes", "TopicArn AttributeName AttributeValue")
    def set_topic_attributes(self, call: Call, params: Params) -> Answer:
        """Changes one attribute."""
        topic = self.topic_of(params.get("TopicArn"))
        name = params["AttributeName"]
        value = normal(name, params.get("AttributeValue") or "", fifo=topic.fifo)
        self._set(topic, name, value)
        return {}

    @operation("AddPermission", "TopicArn Label AWSAccountId ActionName")
    def add_permission(self, call: Call, params: Params) -> Answer:
        """Adds a statement to the topic's policy (stored; not enforced)."""
        topic = self.topic_of(params.get("TopicArn"))
        accounts, actions = params.get("AWSAccountId") or [], params.get("ActionName") or []
        policy = with_permission(self._policy(topic), topic.arn, params["Label"], accounts, actions)
        self._set(topic, "Policy", policy)
        return {}

    @operation("RemovePermission", "TopicArn Label")
    def remove_permission(self, call: Call, params: Params) -> Answer:
        """Removes a statement of the topic's policy by its label."""
        topic = self.topic_of(params.get("TopicArn"))
        self._set(topic, "Policy", without_permission(self._policy(topic), params["Label"]))
        return {}

    # --- tags --------------------------------------------------------------------------------------------
    @operation("TagResource", "ResourceArn Tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """Adds tags to a topic, or changes their values."""
        topic = self._tagged(params)
        after = {**topic.tags, **_tags(params.get("Tags") or [])}
        if len(after) > MAX_TAGS:
            raise AwsError(
                "TagLimitExceededException",
                "Could not complete request: tag quota of per resource exceeded",
            )
        self.topics.set_tags(topic, after)
        return {}

    @operation("UntagResource", "ResourceArn TagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags; those that are not there are passed over."""
        topic = self._tagged(params)
        gone = params.get("TagKeys") or []
        self.topics.set_tags(topic, {key: value for key, value in topic.tags.items() if key not in gone})
        return {}

    @operation("ListTagsForResource", "ResourceArn")
    def list_tags_for_resource(self, call: Call, params: Params) -> Answer:
        """The tags of a topic."""
        tags = self._tagged(params).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tagged(self, params: Params) -> Topic:
        found = self.topics.find(topic_reference(params.get("ResourceArn")))
        if found is None:
            raise no_resource()
        return found

    def _policy(self, topic: Topic) -> str:
        return topic.attributes.get("Policy") or default_policy(topic.arn)

    def _set(self, topic: Topic, name: str, value: str) -> None:
        after = {**topic.attributes, name: value}
        self.topics.set_attributes(topic, {key: item for key, item in after.items() if item})


def _must_agree(topic: Topic, attributes: Mapping[str, str]) -> None:
    """Refuses a second creation that wants attributes otherwise than the topic has them.

    Raises:
        AwsError: InvalidParameter.
    """
    usual = {**SETTABLE, **FIFO_SETTABLE}
    for name, value in attributes.items():
        if topic.attributes.get(name, usual[name]) != (value or usual[name]):
            raise invalid_attribute("Topic already exists with different attributes")


def _tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Checked tags by key.

    Raises:
        AwsError: InvalidParameter.
    """
    found = {tag["Key"]: tag["Value"] for tag in tags}
    if len(found) < len(tags):
        raise invalid("Duplicated keys are not allowed.")
    for key, value in found.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise invalid(f"Tags Reason: the tag {key[:128]!r} is not allowed")
    return found
