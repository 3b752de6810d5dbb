"""Orders service: the HTTP API. One request a call; the table is an ordinary client of AWS."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import boto3
from api import build_api
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from repository import Pedidos

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

logger = Logger()
#: Parameters are made here, not by users: checking them again on every call costs more than the call. The
#: agent is named in short, because the SDK puts its long name together anew for every call.
CONFIG = Config(
    parameter_validation=False,
    user_agent="pedidos-api",
    connect_timeout=2,
    read_timeout=5,
    retries={"total_max_attempts": 3},
)


def build_handler(pedidos: Pedidos) -> Handler:
    """Wire the service onto its table and return its Lambda handler."""
    api = build_api(pedidos, logger)

    @logger.inject_lambda_context(clear_state=True)
    def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        return api.resolve(event, context)

    return handle


handler = build_handler(Pedidos(boto3.client("dynamodb", config=CONFIG), os.environ["TABLE_NAME"]))
