"""Lambda: permissions, event source mappings and the configuration of asynchronous invocations.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    exists,
    tag_changes,
    tag_map,
    unless_gone,
)
from sandbox.deploy.resources.patience import AGAIN, Patience
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Integer, ListOf, Struct, Text
from sandbox.model.arn import event_source_mapping_arn
from sandbox.model.lambda_streams import STREAM_BATCH


class Permission(ResourceType):
    """AWS::Lambda::Permission; every change replaces it."""

    type = "AWS::Lambda::Permission"
    properties: ClassVar = {
        "Action": Property(Text(), replaces=True, required=True),
        "EventSourceToken": Property(Text(), replaces=True),
        "FunctionName": Property(Text(), replaces=True, required=True),
        "FunctionUrlAuthType": Property(Text(("AWS_IAM", "NONE")), replaces=True),
        "InvokedViaFunctionUrl": Property(Boolean(), replaces=True),
        "Principal": Property(Text(), replaces=True, required=True),
        "PrincipalOrgID": Property(Text(), replaces=True),
        "SourceAccount": Property(Text(), replaces=True),
        "SourceArn": Property(Text(), replaces=True),
    }
    attributes = frozenset({"Id"})

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(None, 100)

    async def create(self, context: Context, props: Props) -> Made:
        statement = self.expected_id(context, props)
        await context.aws("lambda", "AddPermission", {"StatementId": statement, **props})
        return Made(statement, {"Id": statement})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        raise AssertionError("every property of a permission replaces it")

    async def delete(self, context: Context, old: Existing) -> None:
        function = old.properties["FunctionName"]
        await unless_gone(
            context.aws(
                "lambda", "RemovePermission", {"FunctionName": function, "StatementId": old.physical_id}
            )
        )


#: Properties that can change, with what AWS takes when they are removed.
_MAPPING: dict[str, Any] = {
    "BatchSize": 10,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {},
    "Enabled": True,
    "FilterCriteria": {},
    "FunctionName": None,
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "ScalingConfig": {},
    "TumblingWindowInSeconds": 0,
}
_DESTINATION = Struct({"Destination": Text()})
#: Real seconds until a mapping that is deleted is looked at again, and how long its last batch may take: its
#: function may have to start for it.
_STEP, _PATIENCE = 0.2, 120


class EventSourceMapping(ResourceType):
    """AWS::Lambda::EventSourceMapping."""

    type = "AWS::Lambda::EventSourceMapping"
    properties: ClassVar = {
        "BatchSize": Property(Integer()),
        "BisectBatchOnFunctionError": Property(Boolean()),
        "DestinationConfig": Property(Struct({"OnFailure": _DESTINATION})),
        "Enabled": Property(Boolean()),
        "EventSourceArn": Property(Text(), replaces=True, required=True),
        "FilterCriteria": Property(Struct({"Filters": ListOf(Struct({"Pattern": Text()}))})),
        "FunctionName": Property(Text(), required=True),
        "FunctionResponseTypes": Property(ListOf(Text(("ReportBatchItemFailures",)))),
        "MaximumBatchingWindowInSeconds": Property(Integer()),
        "MaximumRecordAgeInSeconds": Property(Integer()),
        "MaximumRetryAttempts": Property(Integer()),
        "ParallelizationFactor": Property(Integer()),
        "ScalingConfig": Property(Struct({"MaximumConcurrency": Integer()})),
        "StartingPosition": Property(Text(), replaces=True),
        "StartingPositionTimestamp": Property(Integer(), replaces=True),
        "Tags": Property(TAG_LIST),
        "TumblingWindowInSeconds": Property(Integer()),
    }
    not_implemented = frozenset(
        {
            "AmazonManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "KmsKeyArn",
            "LoggingConfig", "MetricsConfig", "ProvisionedPollerConfig", "Queues", "SelfManagedEventSource",
            "SelfManagedKafkaEventSourceConfig", "SourceAccessConfigurations", "Topics",
        }
    )  # fmt: skip
    attributes = frozenset({"EventSourceMappingArn", "Id"})

    async def create(self, context: Context, props: Props) -> Made:
        sent = {**props, "Tags": tag_map(props.get("Tags"))}
        answer = await context.aws(
            "lambda",
            "CreateEventSourceMapping",
            {name: value for name, value in sent.items() if value is not None},
        )
        uuid = answer["UUID"]
        arn = answer.get("EventSourceMappingArn") or str(event_source_mapping_arn(context.scope, uuid))
        return Made(uuid, {"Id": uuid, "EventSourceMappingArn": arn})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        usual = _MAPPING if ":sqs:" in props["EventSourceArn"] else {**_MAPPING, "BatchSize": STREAM_BATCH}
        changes = {
            key: props.get(key, default)
            for key, default in usual.items()
            if old.properties.get(key) != props.get(key)
        }
        if changes:
            await context.aws("lambda", "UpdateEventSourceMapping", {"UUID": old.physical_id, **changes})
        removed, added = tag_changes(old.properties, props)
        arn = old.attributes["EventSourceMappingArn"]
        if removed:
            await context.aws("lambda", "UntagResource", {"Resource": arn, "TagKeys": removed})
        if added:
            await context.aws("lambda", "TagResource", {"Resource": arn, "Tags": added})
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("lambda", "DeleteEventSourceMapping", {"UUID": old.physical_id}))
        await self._gone(context, old)

    async def _gone(self, context: Context, old: Existing) -> None:
        """Waits, in real time, for engines that end a mapping by and by: until then its like is refused.

        Page: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html
        """
        window = old.properties.get("MaximumBatchingWindowInSeconds")
        late = f"the event source mapping {old.physical_id} is still being deleted"
        remedy = f"wait for its function, which has yet to answer the batch that it was handed last, {AGAIN}"
        seconds = _PATIENCE + (window if isinstance(window, int) else 0)
        patience = Patience(context, seconds, ("MappingNotDeleted", late, remedy), step=_STEP)
        while await exists(context.aws("lambda", "GetEventSourceMapping", {"UUID": old.physical_id})):
            await patience.step()


class EventInvokeConfig(ResourceType):
    """AWS::Lambda::EventInvokeConfig: retries, age and destinations of asynchronous invocations."""

    type = "AWS::Lambda::EventInvokeConfig"
    properties: ClassVar = {
        "DestinationConfig": Property(Struct({"OnFailure": _DESTINATION, "OnSuccess": _DESTINATION})),
        "FunctionName": Property(Text(), replaces=True, required=True),
        "MaximumEventAgeInSeconds": Property(Integer()),
        "MaximumRetryAttempts": Property(Integer()),
        "Qualifier": Property(Text(), replaces=True, required=True),
    }

    def expected_id(self, context: Context, props: Props) -> str:
        return context.name(None)

    async def create(self, context: Context, props: Props) -> Made:
        await context.aws("lambda", "PutFunctionEventInvokeConfig", props)
        return Made(self.expected_id(context, props))

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await context.aws("lambda", "PutFunctionEventInvokeConfig", props)
        return Made(old.physical_id)

    async def delete(self, context: Context, old: Existing) -> None:
        where = {key: old.properties[key] for key in ("FunctionName", "Qualifier")}
        await unless_gone(context.aws("lambda", "DeleteFunctionEventInvokeConfig", where))


class Url(ResourceType):
    """AWS::Lambda::Url; `FunctionUrl` is known only while the sandbox runs, and recorded as a token."""

    type = "AWS::Lambda::Url"
    properties: ClassVar = {
        "AuthType": Property(Text(("AWS_IAM", "NONE")), required=True),
        "Cors": Property(
            Struct(
                {
                    "AllowCredentials": Boolean(),
                    "AllowHeaders": ListOf(Text()),
                    "AllowMethods": ListOf(Text()),
                    "AllowOrigins": ListOf(Text()),
                    "ExposeHeaders": ListOf(Text()),
                    "MaxAge": Integer(),
                }
            )
        ),
        "InvokeMode": Property(Text(("BUFFERED", "RESPONSE_STREAM"))),
        "Qualifier": Property(Text(), replaces=True),
        "TargetFunctionArn": Property(Text(), replaces=True, required=True),
    }
    attributes = frozenset({"FunctionArn", "FunctionUrl"})

    async def create(self, context: Context, props: Props) -> Made:
        answer = await context.aws("lambda", "CreateFunctionUrlConfig", _url(props))
        identity = _URL_ID.search(answer["FunctionUrl"])
        assert identity is not None  # either form of a URL has one
        url = f"{{{{sandbox:endpoint}}}}/_aws/lambda-url/{identity[0]}/"
        arn = answer["FunctionArn"]
        return Made(arn, {"FunctionArn": arn, "FunctionUrl": url})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await context.aws("lambda", "UpdateFunctionUrlConfig", _url({"Cors": {}, **props}))
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        sent = _url(old.properties)
        where = {key: value for key, value in sent.items() if key in ("FunctionName", "Qualifier")}
        await unless_gone(context.aws("lambda", "DeleteFunctionUrlConfig", where))


_URL_ID = re.compile(r"[a-z0-9]{32}")


def _url(props: Props) -> dict[str, Any]:
    sent = {key: value for key, value in props.items() if key != "TargetFunctionArn"}
    return {**sent, "FunctionName": props["TargetFunctionArn"]}


TYPES = (Permission(), EventSourceMapping(), EventInvokeConfig(), Url())
