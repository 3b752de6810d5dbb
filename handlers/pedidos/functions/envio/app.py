"""Outbox: new orders, from the table's stream to the queue `pedidos-processar`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from sending import Fila

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

logger = Logger()
#: Parameters are made here, not by users: checking them again on every call costs more than the call.
CONFIG = Config(
    parameter_validation=False, connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3}
)


def build_handler(fila: Fila) -> Handler:
    """Return the Lambda handler of an outbox."""

    @logger.inject_lambda_context(clear_state=True)
    def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        return fila.handle(event)

    return handle


handler = build_handler(Fila(boto3.client("sqs", config=CONFIG), os.environ["QUEUE_URL"], logger))
