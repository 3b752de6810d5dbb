"""Cooks what was ordered: announces what is ready, and fails for what is not on the menu."""

import json
import os

import boto3

MENU = {"feijoada", "moqueca"}


def handler(event, context):
    """Cook each order of the batch; report those that failed."""
    failed = []
    for record in event["Records"]:
        try:
            cook(json.loads(record["body"])["detail"])
        except ValueError as error:
            print(f"order not cooked: {error}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def cook(pedido):
    """Announce that an order is ready."""
    if pedido["prato"] not in MENU:
        raise ValueError(f"{pedido['prato']} is not on the menu")
    boto3.client("events").put_events(
        Entries=[
            {
                "EventBusName": os.environ["BUS"],
                "Source": "cozinha",
                "DetailType": "PratoPronto",
                "Detail": json.dumps(pedido),
            }
        ]
    )
