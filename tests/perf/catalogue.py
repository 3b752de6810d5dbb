"""Every case, in the order in which they are run."""

from __future__ import annotations

from tests.perf.bench import Case
from tests.perf.cases.api import api
from tests.perf.cases.containers import containers, front_door
from tests.perf.cases.dashboard import dashboard
from tests.perf.cases.dynamodb import dynamodb_get, dynamodb_put, dynamodb_query
from tests.perf.cases.dynamodb_large import dynamodb_large
from tests.perf.cases.events import event_to_receiver, rules
from tests.perf.cases.idle import idle, idle_many
from tests.perf.cases.invoke import invoke_cold, invoke_warm
from tests.perf.cases.mapping import sqs_drain, sqs_to_lambda
from tests.perf.cases.ready import ready, ready_again
from tests.perf.cases.saga import saga
from tests.perf.cases.snapshot import snapshot
from tests.perf.cases.sqs import sqs_recording, sqs_send, sqs_send_receive_delete

_NO_CONTAINERS = {"embedded": "it has no containers"}
_NO_SOCKET = {"docker": "its functions cannot tell this process when they begin"}

CASES = (
    Case(
        "containers",
        "the Docker engine: until the containers are ready, and until NF-e is deployed",
        containers,
        _NO_CONTAINERS,
    ),
    Case(
        "front-door",
        "the Docker engine: what the front door adds to a call of a container",
        front_door,
        _NO_CONTAINERS,
    ),
    Case("ready", "up --detach --fresh until NF-e is deployed and seeded", ready),
    Case(
        "ready-again",
        "up --detach on the state of the last time",
        ready_again,
        {"docker": "it keeps no state"},
    ),
    Case("idle", "processor time and memory with NF-e deployed and nothing to do", idle),
    Case(
        "idle-many",
        "processor time with 10,000 queues and 100 mappings and nothing to do",
        idle_many,
        {"docker": "what polls is inside LocalStack"},
    ),
    Case("saga", "POST of an invoice to CONFIRMADA, once the outbox is due", saga),
    Case("invoke-warm", "Invoke of a quiet function in a warm environment", invoke_warm),
    Case("invoke-cold", "Invoke of a function with boto3 and psycopg in a new environment", invoke_cold),
    Case("api", "GET through API Gateway to a function, 32 connections", api),
    Case("sqs-send", "SendMessage, 32 connections", sqs_send),
    Case(
        "sqs-recording",
        "what the journal costs of a SendMessage, 32 connections",
        sqs_recording,
        {"docker": "the loop that is looked into serves no queues there"},
    ),
    Case(
        "sqs-send-receive-delete",
        "a message sent, received and deleted, 32 connections, 20,000 queued",
        sqs_send_receive_delete,
    ),
    Case("sqs-to-lambda", "SendMessage until a mapping's handler begins", sqs_to_lambda, _NO_SOCKET),
    Case("sqs-drain", "3,000 queued messages through a mapping, ten at a time", sqs_drain, _NO_SOCKET),
    Case("event-to-receiver", "PutEvents, rule, queue, until a waiting receive has it", event_to_receiver),
    Case("rules", "PutEvents with 300 rules on the bus, compared to 3", rules),
    Case("dynamodb-put", "PutItem, 32 connections", dynamodb_put),
    Case("dynamodb-get", "GetItem, 32 connections", dynamodb_get),
    Case("dynamodb-query", "Query of ten items, one call after the other", dynamodb_query),
    Case("snapshot", "a stack with 10,000 messages saved, and loaded again, here and elsewhere", snapshot),
    Case(
        "dynamodb-large", "a table of 1,000,000 items with an index, compared to one of 1,000", dynamodb_large
    ),
    Case("dashboard", "the dashboard: first paint, at rest, with 1,000 events/s flowing, a key", dashboard),
)
