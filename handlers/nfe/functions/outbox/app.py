"""Outbox: publishes what the services have committed and not yet published, every minute."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from database import Database
from publisher import Publisher

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

logger = Logger()


@cache
def events_client() -> Any:
    """Return the EventBridge client, made at the first event."""
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
    return boto3.client("events", config=config)


def build_handler(database: Database, events: Callable[[], Any], bus_name: Callable[[], str]) -> Handler:
    """Wire the outbox onto a database, an EventBridge client and a bus; return its Lambda handler."""

    @logger.inject_lambda_context(clear_state=True)
    def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        publisher = Publisher(database, events, bus_name, context.get_remaining_time_in_millis)
        outcome = publisher.run()
        report = {
            "publicados": outcome.published,
            "falhas": outcome.failed,
            "interrompido": outcome.interrupted,
        }
        if outcome.published or outcome.failed:
            logger.info("outbox run", extra=report)
        if outcome.failed:
            logger.error("events not published: %s", outcome.last_error)
        return report

    return handle


handler = build_handler(
    Database(os.environ, lambda lost: logger.warning("reconnecting to the database: %s", lost)),
    events_client,
    lambda: os.environ["EVENT_BUS_NAME"],
)
