"""Every case, in the order in which they are run."""

from __future__ import annotations

from tests.perf.bench import Case
from tests.perf.cases.api import api
from tests.perf.cases.dashboard import dashboard
from tests.perf.cases.idle import idle
from tests.perf.cases.invoke import invoke_cold, invoke_warm
from tests.perf.cases.ready import ready, ready_again
from tests.perf.cases.saga import saga
from tests.perf.cases.sqs import sqs_send, sqs_send_receive_delete

CASES = (
    Case("ready", "up --detach --fresh until NF-e is deployed and seeded", ready),
    Case("ready-again", "up --detach on the state of the last time", ready_again),
    Case("idle", "processor time and memory with NF-e deployed and nothing to do", idle),
    Case("saga", "POST of an invoice to CONFIRMADA, once the outbox is due", saga),
    Case("invoke-warm", "Invoke of a quiet function in a warm environment", invoke_warm),
    Case("invoke-cold", "Invoke of a function with boto3 and psycopg in a new environment", invoke_cold),
    Case("api", "GET through API Gateway to a function, 32 connections", api),
    Case("sqs-send", "SendMessage, 32 connections", sqs_send),
    Case(
        "sqs-send-receive-delete",
        "a message sent, received and deleted, 32 connections, 20,000 queued",
        sqs_send_receive_delete,
    ),
    Case("dashboard", "the dashboard: first paint, at rest, with 1,000 events/s flowing, a key", dashboard),
)
