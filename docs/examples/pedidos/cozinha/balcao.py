"""Takes orders at the counter: announces them on the bus."""

import json
import os
import uuid

import boto3


def handler(event, context):
    """Answer 202 with the number of the order."""
    pedido = {"pedidoId": str(uuid.uuid4()), "prato": json.loads(event["body"])["prato"]}
    boto3.client("events").put_events(
        Entries=[
            {
                "EventBusName": os.environ["BUS"],
                "Source": "balcao",
                "DetailType": "PedidoFeito",
                "Detail": json.dumps(pedido),
            }
        ]
    )
    return {"statusCode": 202, "body": json.dumps(pedido)}
