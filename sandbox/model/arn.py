"""Amazon Resource Names and the URLs derived from them: the only place that builds or parses either.

Standard: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from sandbox.model.scope import Scope, scope_of

#: Characters of a resource of which the text of its ARN is remembered, at most.
_SHORT = 512


class Arn(msgspec.Struct, frozen=True, order=True):
    """One ARN in its six parts; `resource` keeps its own separators (`function:name`, `rule/bus/name`)."""

    service: str
    region: str
    account: str
    resource: str
    partition: str = "aws"

    def __str__(self) -> str:
        text = _text if len(self.resource) <= _SHORT else _text.__wrapped__  # a request's path may be long
        return text(self.partition, self.service, self.region, self.account, self.resource)

    @property
    def scope(self) -> Scope:
        """The account and region that the resource lives in."""
        return scope_of(self.account, self.region)

    @property
    def name(self) -> str:
        """The last part of the resource: a queue's, function's, rule's or role's own name."""
        return self.resource.replace(":", "/").rsplit("/", 1)[-1]


# The same few resources are named again and again; whoever keeps their texts keeps one of each.
@lru_cache(maxsize=16_384)
def _text(partition: str, service: str, region: str, account: str, resource: str) -> str:
    return f"arn:{partition}:{service}:{region}:{account}:{resource}"


@lru_cache(maxsize=16_384)
def parse_arn(text: str) -> Arn:
    """Parses an ARN.

    Raises:
        ValueError: `text` is not an ARN.
    """
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[2] or not parts[5]:
        raise ValueError(f"not an ARN: {text!r}")
    return Arn(partition=parts[1], service=parts[2], region=parts[3], account=parts[4], resource=parts[5])


def is_arn(text: str) -> bool:
    """Whether `text` has the form of an ARN."""
    if not text.startswith("arn:"):
        return False
    parts = text.split(":", 5)
    return len(parts) == 6 and parts[0] == "arn" and bool(parts[2]) and bool(parts[5])


def queue_arn(scope: Scope, name: str) -> Arn:
    """The ARN of an SQS queue."""
    return Arn("sqs", scope.region, scope.account, name)


def queue_url(scope: Scope, name: str, endpoint: str) -> str:
    """The URL of a queue below `endpoint`; regions other than the default one are named in the path."""
    if scope.region == Scope().region:
        return f"{endpoint}/{scope.account}/{name}"
    return f"{endpoint}/queue/{scope.region}/{scope.account}/{name}"


def parse_queue_url(url: str, region: str) -> tuple[Scope, str]:
    """The scope and name that a queue URL of any host, or a bare path, means.

    Args:
        url: `…/account/name`, where AWS's own hosts name the region, or `…/queue/region/account/name`.
        region: the caller's region, used where the URL does not say.

    Raises:
        ValueError: the path does not have the form of a queue URL.
    """
    split = urlsplit(url)
    parts = [part for part in split.path.split("/") if part]
    if len(parts) == 4 and parts[0] == "queue":
        return Scope(parts[2], parts[1]), parts[3]
    if len(parts) == 2:
        host = (split.hostname or "").split(".")
        if len(host) >= 4 and host[0] == "sqs":
            region = host[1]  # sqs.REGION.amazonaws.com, and the same before other names
        elif len(host) >= 4 and host[1] == "queue":
            region = host[0]  # REGION.queue.amazonaws.com, the form of old
        return Scope(parts[0], region), parts[1]
    raise ValueError(f"not a queue URL: {url!r}")


def topic_arn(scope: Scope, name: str) -> Arn:
    """The ARN of an SNS topic."""
    return Arn("sns", scope.region, scope.account, name)


def subscription_arn(topic: Arn, identity: str) -> Arn:
    """The ARN of a subscription to a topic."""
    return Arn("sns", topic.region, topic.account, f"{topic.resource}:{identity}", topic.partition)


def function_arn(scope: Scope, name: str, qualifier: str | None = None) -> Arn:
    """The ARN of a Lambda function, or of one of its versions or aliases."""
    tail = f":{qualifier}" if qualifier else ""
    return Arn("lambda", scope.region, scope.account, f"function:{name}{tail}")


def layer_arn(scope: Scope, name: str, version: int | None = None) -> Arn:
    """The ARN of a Lambda layer, or of one of its versions."""
    tail = "" if version is None else f":{version}"
    return Arn("lambda", scope.region, scope.account, f"layer:{name}{tail}")


def event_source_mapping_arn(scope: Scope, uuid: str) -> Arn:
    """The ARN of a Lambda event source mapping."""
    return Arn("lambda", scope.region, scope.account, f"event-source-mapping:{uuid}")


def event_bus_arn(scope: Scope, name: str) -> Arn:
    """The ARN of an EventBridge event bus."""
    return Arn("events", scope.region, scope.account, f"event-bus/{name}")


def rule_arn(scope: Scope, bus: str, name: str) -> Arn:
    """The ARN of an EventBridge rule; rules of the default bus do not name it."""
    path = name if bus == "default" else f"{bus}/{name}"
    return Arn("events", scope.region, scope.account, f"rule/{path}")


def archive_arn(scope: Scope, name: str) -> Arn:
    """The ARN of an EventBridge archive."""
    return Arn("events", scope.region, scope.account, f"archive/{name}")


def replay_arn(scope: Scope, name: str) -> Arn:
    """The ARN of an EventBridge replay."""
    return Arn("events", scope.region, scope.account, f"replay/{name}")


def schedule_arn(scope: Scope, group: str, name: str) -> Arn:
    """The ARN of a schedule of EventBridge Scheduler."""
    return Arn("scheduler", scope.region, scope.account, f"schedule/{group}/{name}")


def schedule_group_arn(scope: Scope, name: str) -> Arn:
    """The ARN of a schedule group of EventBridge Scheduler."""
    return Arn("scheduler", scope.region, scope.account, f"schedule-group/{name}")


def rest_api_arn(region: str, api_id: str) -> Arn:
    """The ARN of a REST API (it carries no account)."""
    return Arn("apigateway", region, "", f"/restapis/{api_id}")


def http_api_arn(region: str, api_id: str) -> Arn:
    """The ARN of an HTTP API (it carries no account), or of a part of it (`ID/stages/NAME`)."""
    return Arn("apigateway", region, "", f"/apis/{api_id}")


def execute_api_arn(scope: Scope, api_id: str, stage: str, method: str, path: str) -> Arn:
    """The ARN of one method of a deployed API, as Lambda permissions and authorizers see it."""
    return Arn("execute-api", scope.region, scope.account, f"{api_id}/{stage}/{method}/{path.lstrip('/')}")


def integration_uri(scope: Scope, function: str) -> Arn:
    """The URI by which an API's integration invokes a function (its ARN)."""
    path = f"path/2015-03-31/functions/{function}/invocations"
    return Arn("apigateway", scope.region, "lambda", path)


def log_group_arn(scope: Scope, name: str) -> Arn:
    """The ARN of a log group, without the trailing `:*`."""
    return Arn("logs", scope.region, scope.account, f"log-group:{name}")


def alarm_arn(scope: Scope, name: str) -> Arn:
    """The ARN of a CloudWatch alarm."""
    return Arn("cloudwatch", scope.region, scope.account, f"alarm:{name}")


def table_arn(scope: Scope, name: str) -> Arn:
    """The ARN of a DynamoDB table."""
    return Arn("dynamodb", scope.region, scope.account, f"table/{name}")


def stream_arn(scope: Scope, table: str, label: str) -> Arn:
    """The ARN of the stream of a DynamoDB table."""
    return Arn("dynamodb", scope.region, scope.account, f"table/{table}/stream/{label}")


def role_arn(account: str, path: str, name: str) -> Arn:
    """The ARN of an IAM role; `path` begins and ends with a slash."""
    return Arn("iam", "", account, f"role{path}{name}")


def policy_arn(account: str, path: str, name: str) -> Arn:
    """The ARN of a managed IAM policy; `path` begins and ends with a slash."""
    return Arn("iam", "", account, f"policy{path}{name}")


def root_arn(account: str) -> Arn:
    """The ARN of an account's root user."""
    return Arn("iam", "", account, "root")


def db_instance_arn(scope: Scope, identifier: str) -> Arn:
    """The ARN of an RDS database instance."""
    return Arn("rds", scope.region, scope.account, f"db:{identifier}")


def stack_arn(scope: Scope, name: str, unique: str) -> Arn:
    """The ARN of a CloudFormation stack."""
    return Arn("cloudformation", scope.region, scope.account, f"stack/{name}/{unique}")


def change_set_arn(scope: Scope, name: str, unique: str) -> Arn:
    """The ARN of a change set of a CloudFormation stack."""
    return Arn("cloudformation", scope.region, scope.account, f"changeSet/{name}/{unique}")


def bare(arn: str) -> str:
    """A function's ARN without its version or alias; any other as it is."""
    if ":function:" not in arn:
        return arn
    head, _, tail = arn.partition(":function:")
    return f"{head}:function:{tail.split(':', 1)[0]}"
