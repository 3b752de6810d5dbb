"""Billing service: the API of invoices, and the two queues that end their saga.

One function, two kinds of event: a request from API Gateway, or a batch from SQS.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from api import build_api
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from consumer import Consumer
from database import Database
from repository import NotasFiscais

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

logger = Logger()


def build_handler(database: Database) -> Handler:
    """Wire the service onto a database and return its Lambda handler."""
    notas = NotasFiscais(database)
    api = build_api(notas, logger)
    consumer = Consumer(notas, logger)

    @logger.inject_lambda_context(clear_state=True)
    def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        if "Records" in event:
            return consumer.handle(event, context)
        return api.resolve(event, context)

    return handle


handler = build_handler(
    Database(os.environ, lambda lost: logger.warning("reconnecting to the database: %s", lost))
)
