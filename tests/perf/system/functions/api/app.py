"""Answers a proxy event with a small JSON document."""

import json
from typing import Any


def handler(event: Any, context: Any) -> dict[str, Any]:
    body = json.dumps({"id": event["pathParameters"]["id"], "status": "ok"})
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}
