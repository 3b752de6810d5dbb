"""Imports what most handlers import, and says whether its environment is new."""

from typing import Any

import boto3
import psycopg

_seen: list[str] = []


def handler(event: Any, context: Any) -> dict[str, Any]:
    _seen.append(context.aws_request_id)
    return {"first": len(_seen) == 1, "boto3": boto3.__version__, "psycopg": psycopg.__version__}
