"""Answers, fails and waits as its event asks."""

import os
import threading
from typing import Any


def _identity(record: Any) -> Any:
    """What a batch response calls a message of a queue, or a record of a stream."""
    return record["messageId"] if "messageId" in record else record["dynamodb"]["SequenceNumber"]


def handler(event: Any, context: Any) -> Any:
    """The Lambda handler."""
    records = event.get("Records") if isinstance(event, dict) else None
    if records:
        failed = [_identity(one) for one in records if "ruim" in str(one)]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
    asked = event.get("do") if isinstance(event, dict) else None
    if asked == "fail":
        raise ValueError("como pedido")
    if asked == "wait":
        threading.Event().wait(30)
    if asked == "about":
        return {
            "cor": os.environ["COR"],
            "name": context.function_name,
            "memory": int(context.memory_limit_in_mb),
            "arn": context.invoked_function_arn,
        }
    print("linha", event)
    return {"event": event}
