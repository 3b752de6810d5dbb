"""The figures of the document, in words, in the order in which the cases are run."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "ready": "ready with NF-e deployed and seeded, from nothing",
    "ready-again": "ready again on existing state",
    "idle cpu": "idle: processor",
    "idle memory": "idle: memory (PSS of all processes)",
    "idle-many cpu": "idle with 10,000 queues and 100 mappings: processor",
    "saga": "POST of an invoice to CONFIRMADA, once the outbox is due",
    "invoke-warm": "warm invoke through the front door",
    "invoke-cold": "cold start of a function importing boto3 and psycopg",
    "invoke-cold first": "the first cold start of all",
    "api": "API Gateway to a function, 32 connections",
    "sqs-send": "SQS sends, durable and journaled, 32 connections",
    "sqs-send processor": "processor time of one send",
    "sqs-send times ministack's": "sends, times MiniStack's of the same turn",
    "sqs-send times moto's": "sends, times moto's of the same turn",
    "sqs-recording": "part of a send that recording it takes (of the loop that serves it)",
    "sqs-recording with its threads": "the same, with the journal's index, which follows in a thread",
    "sqs-send-receive-delete": "a message sent, received and deleted, 20,000 queued, 32 connections",
    "sqs-send-receive-delete empty": "the same with an empty queue",
    "sqs-to-lambda": "SQS send to the start of the handler",
    "sqs-drain": "a full queue drained by a mapping, ten at a time",
    "event-to-receiver": "PutEvents, rule, queue, to a receive that waits",
    "rules": "cost of an event with 300 rules, times that with 3",
    "put-events": "PutEvents, 3 rules, 32 connections",
    "dynamodb-put": "DynamoDB puts, durable and journaled, 32 connections",
    "dynamodb-put processor": "processor time of one put",
    "dynamodb-put times ministack's": "puts, times MiniStack's of the same turn",
    "dynamodb-put times dynamodb-local's": "puts, times DynamoDB Local's of the same turn",
    "dynamodb-get": "DynamoDB gets, 32 connections",
    "dynamodb-get processor": "processor time of one get",
    "dynamodb-get times ministack's": "gets, times MiniStack's of the same turn",
    "dynamodb-get times dynamodb-local's": "gets, times DynamoDB Local's of the same turn",
    "dynamodb-query": "a query of ten items",
    "dashboard first paint": "dashboard: first paint",
    "dashboard at rest": "dashboard: processor at rest",
    "dashboard at 1,000 events/s": "dashboard: processor with 1,000 events a second",
    "dashboard key": "dashboard: processor time of a key with 1,000 events a second",
}
