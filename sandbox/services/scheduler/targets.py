"""What a schedule may invoke: templated targets, and any API operation of a service that is native here.

Pages: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.model.arn import Arn, is_arn, parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.delivering import DEFAULT_AGE, DEFAULT_ATTEMPTS
from sandbox.model.ports import AwsClient, Deliverer, Delivery
from sandbox.services.scheduler.errors import invalid
from sandbox.services.scheduler.invocations import Invocation, is_universal

ACCEPTED = frozenset(
    (
        "Arn",
        "RoleArn",
        "Input",
        "DeadLetterConfig",
        "RetryPolicy",
        "SqsParameters",
        "EventBridgeParameters",
    )
)
_UNIVERSAL = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:([a-z0-9-]+):([a-zA-Z0-9]+)")
#: What the SDK for Java calls services, as universal targets do, where botocore has another name.
_BOTOCORE = {"eventbridge": "events", "cloudwatchlogs": "logs", "sfn": "stepfunctions"}
#: Universal targets are for changing things.
_READS = re.compile(r"(get|describe|list|poll|receive|search|scan|query|select|read|batchGet|lookup)[A-Z]?")
#: Members that the API has as bytes, and the input of a universal target as text.
_BLOBS = {("lambda", "Invoke"): ("Payload",)}


class Targets:
    """Invokes targets.

    Args:
        deliverer: delivers to queues, functions and topics.
        client: calls API operations.
        implements: whether a native service has an operation, by botocore's names.
    """

    def __init__(
        self, deliverer: Deliverer, client: AwsClient, implements: Callable[[str, str], bool]
    ) -> None:
        self._deliverer = deliverer
        self._client = client
        self._implements = implements

    def checked(self, target: Mapping[str, Any]) -> dict[str, Any]:
        """A target as it is stored: defaults filled in.

        Raises:
            AwsError: ValidationException, or a kind or member that is refused by name.
        """
        for member in target:
            if member not in ACCEPTED:
                raise NotImplementedByName("scheduler", f"{member} of targets")
        universal = _UNIVERSAL.fullmatch(target["Arn"])
        if universal is not None:
            self._check_universal(universal[1], universal[2], target)
        elif is_universal(target["Arn"]):
            raise invalid(f"Provided Arn is not in correct format: {target['Arn']}")
        else:
            self._check_templated(target)
        retry = {
            "MaximumEventAgeInSeconds": DEFAULT_AGE,
            "MaximumRetryAttempts": DEFAULT_ATTEMPTS,
            **(target.get("RetryPolicy") or {}),
        }
        return {**target, "RetryPolicy": retry}

    async def invoke(self, pending: Invocation, hop: int) -> None:
        """Invokes a target once.

        Args:
            hop: the cause of what the target does.

        Raises:
            AwsError: what the target answered.
        """
        universal = _UNIVERSAL.fullmatch(pending.target)
        if universal is not None:
            await self._call(pending, hop, *_operation(universal[1], universal[2]))
            return
        target = parse_arn(pending.target)
        if target.service == "events":
            await self._put_event(pending, hop, target)
            return
        await self._deliverer.deliver(
            Delivery(
                target=target,
                body=pending.body,
                cause=hop,
                group_id=(pending.parameters.get("SqsParameters") or {}).get("MessageGroupId"),
                event_id=pending.event_id,
                source=pending.schedule,
            )
        )

    # --- checks ------------------------------------------------------------------------------------------
    def _check_universal(self, name: str, action: str, target: Mapping[str, Any]) -> None:
        service, operation = _operation(name, action)
        if _READS.match(action):
            raise invalid(f"{target['Arn']} is not valid: universal targets do not read ({action}).")
        if not self._implements(service, operation):
            raise NotImplementedByName("scheduler", f"the universal target {name}:{action}")
        if not isinstance(_json(target.get("Input") or "{}"), dict):
            raise invalid("Input must be a JSON object: the parameters of the API operation.")

    def _check_templated(self, target: Mapping[str, Any]) -> None:
        if not is_arn(target["Arn"]):
            raise invalid(f"Provided Arn is not in correct format: {target['Arn']}")
        arn = parse_arn(target["Arn"])
        is_bus = arn.service == "events" and arn.resource.startswith("event-bus/")
        if not is_bus and (arn.service in ("events", "logs") or not self._deliverer.supports(arn)):
            raise NotImplementedByName("scheduler", f"targets of service {arn.service}")
        if is_bus != ("EventBridgeParameters" in target):
            wanted = "must be specified" if is_bus else "is only"
            raise invalid(f"EventBridgeParameters {wanted} for targets that are event buses.")
        fifo = arn.service == "sqs" and arn.name.endswith(".fifo")
        group = (target.get("SqsParameters") or {}).get("MessageGroupId")
        if (fifo and not group) or (arn.service != "sqs" and "SqsParameters" in target):
            raise invalid("SqsParameters is for queues; a FIFO queue needs its MessageGroupId.")
        if (is_bus or arn.service == "lambda") and "Input" in target and _json(target["Input"]) is None:
            raise invalid("Input must be well-formed JSON for this target.")

    # --- invocations -------------------------------------------------------------------------------------
    async def _call(self, pending: Invocation, hop: int, service: str, operation: str) -> None:
        blobs = _BLOBS.get((service, operation), ())
        params = {
            name: value.encode() if name in blobs and isinstance(value, str) else value
            for name, value in json.loads(pending.body).items()
        }
        await self._client.call(service, operation, params, Call(scope=pending.scope, hop=hop))

    async def _put_event(self, pending: Invocation, hop: int, bus: Arn) -> None:
        parameters = pending.parameters["EventBridgeParameters"]
        entry = {
            "EventBusName": str(bus),
            "Source": parameters["Source"],
            "DetailType": parameters["DetailType"],
            "Detail": pending.body,
            "Resources": [pending.schedule],
        }
        call = Call(scope=pending.scope, hop=hop)
        answer = await self._client.call("events", "PutEvents", {"Entries": [entry]}, call)
        for result in answer["Entries"]:
            if "ErrorCode" in result:
                raise AwsError(result["ErrorCode"], result.get("ErrorMessage", ""))


def _operation(name: str, action: str) -> tuple[str, str]:
    """botocore's names of a service and operation."""
    return _BOTOCORE.get(name, name), action[:1].upper() + action[1:]


def _json(text: str) -> Any:
    """The document, or None where it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return None
