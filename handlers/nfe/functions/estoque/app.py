"""Stock service: the API of products, and the queue of new invoices that ask for a reservation.

One function, two kinds of event: a request from API Gateway, or a batch from SQS.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from api import build_api
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from consumer import Consumer
from database import Database
from publisher import Publisher
from repository import Estoque

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

logger = Logger()


@cache
def events_client() -> Any:
    """Return the EventBridge client, made at the first event: a request for a product needs none."""
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
    return boto3.client("events", config=config)


def build_handler(database: Database, events: Callable[[], Any], bus_name: Callable[[], str]) -> Handler:
    """Wire the service onto a database, an EventBridge client and a bus; return its Lambda handler."""
    estoque = Estoque(database)
    api = build_api(estoque, logger)
    consumer = Consumer(estoque, Publisher(database, events, bus_name, logger), logger)

    @logger.inject_lambda_context(clear_state=True)
    def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        if "Records" in event:
            return consumer.handle(event, context)
        return api.resolve(event, context)

    return handle


handler = build_handler(
    Database(os.environ, lambda lost: logger.warning("reconnecting to the database: %s", lost)),
    events_client,
    lambda: os.environ["EVENT_BUS_NAME"],
)
