"""Runs inside LocalStack, as one of its start scripts, and tells what LocalStack does by itself.

LocalStack's own log says that a call was made, not what it carried: which rule delivered which event, which
message a poller received, which messages a function was handed. This adds one line of JSON for each of these
to the container's log, where the Docker engine reads them. It appends handlers to LocalStack's chain, as
LocalStack's extensions do (https://docs.localstack.cloud/aws/capabilities/extensions/), changes no answer,
and a failure of its own never reaches a caller.

LocalStack runs the file with `exec`: it imports nothing of the sandbox's.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import sys
import threading
import time
from typing import Any

from localstack.aws import handlers
from localstack.services.events.target import TargetSender
from localstack.services.sqs.models import sqs_stores

#: Begins every line; the engine knows it by the same word.
MARK = "sandbox-witness "
#: The front door's hop of a call, which the front door sends with it.
_HOP = "x-sandbox-hop"
#: In its place: nothing is told of what is only looked for.
_QUIET = "quiet"
#: LocalStack's own account, in which it queues asynchronous invocations.
_ITS_OWN = "949334387222"
_KEPT = 65_536
_DEAD = "marking it for DLQ"

_now = threading.local()
#: Straight to the container's log, whatever LS_LOG says.
_log = logging.getLogger("sandbox.witness")
_log.addHandler(logging.StreamHandler(sys.stdout))
_log.setLevel(logging.INFO)
_log.propagate = False


def _say(told: str, **facts: Any) -> None:
    _log.info("%s%s", MARK, json.dumps({"told": told, "at": time.time(), **facts}, default=str))


def _guarded(act: Any) -> Any:
    """A handler whose failure is told once for each kind of it, and goes no further."""
    failures = set()

    def guarded(chain: Any, context: Any, response: Any) -> None:
        try:
            act(context, response)
        except Exception as failure:
            if str(failure) not in failures:
                failures.add(str(failure))
                _say("failure", where=act.__name__, why=f"{type(failure).__name__}: {failure}")

    return guarded


def _entered(context: Any, response: Any) -> None:
    """Takes the front door's hop off the request: what LocalStack passes on must not carry it."""
    hop = context.request.headers.get(_HOP)
    context.sandbox_hop = int(hop) if hop and hop != _QUIET else None
    context.sandbox_quiet = hop == _QUIET
    if hop:
        del context.request.headers[_HOP]


def _begun(context: Any, response: Any) -> None:
    if context.operation is None or context.account_id == _ITS_OWN:
        return
    name = context.operation.name
    if name == "ReceiveMessage":
        _now.receive = (context.account_id, context.region, _queue(context))
    if name == "Invoke":
        asked = context.service_request
        stream = asked.get("Payload")
        payload = stream.read() if stream is not None else b""
        asked["Payload"] = io.BytesIO(payload) if payload else None
        _say(
            "invoke",
            **_whose(context),
            id=context.request_id,
            function=asked["FunctionName"],
            type=asked.get("InvocationType") or "RequestResponse",
            messages=_messages(payload),
            payload=payload[:_KEPT].decode(errors="replace"),
        )


def _done(context: Any, response: Any) -> None:
    if context.operation is None or context.account_id == _ITS_OWN or context.service is None:
        return
    name = f"{context.service.service_name}.{context.operation.name}"
    failed = context.service_exception is not None or response.status_code >= 400
    if name == "lambda.Invoke":
        answer = context.service_response or {}
        payload = answer.get("Payload")
        kept = payload[:_KEPT].decode(errors="replace") if isinstance(payload, bytes) else ""
        error = f"{getattr(context.service_exception, 'code', '')}" if failed else answer.get("FunctionError")
        _say("invoked", id=context.request_id, refused=failed, error=error or "", payload=kept)
    elif not failed and name in _TELLERS and not getattr(context, "sandbox_quiet", False):
        _TELLERS[name](context, context.service_request, context.service_response or {})


def _sent(context: Any, asked: Any, answer: Any) -> None:
    _say(
        "sent",
        **_whose(context),
        queue=_queue(context),
        id=answer["MessageId"],
        body=asked["MessageBody"][:_KEPT],
    )


def _sent_batch(context: Any, asked: Any, answer: Any) -> None:
    bodies = {entry["Id"]: entry["MessageBody"] for entry in asked["Entries"]}
    for entry in answer.get("Successful") or ():
        _say(
            "sent",
            **_whose(context),
            queue=_queue(context),
            id=entry["MessageId"],
            body=bodies[entry["Id"]][:_KEPT],
        )


def _received(context: Any, asked: Any, answer: Any) -> None:
    for message in answer.get("Messages") or ():
        count = (message.get("Attributes") or {}).get("ApproximateReceiveCount")
        _say("received", **_whose(context), queue=_queue(context), id=message["MessageId"], count=count)


def _deleted(context: Any, asked: Any, answer: Any) -> None:
    _say("deleted", **_whose(context), queue=_queue(context), id=_message_of(asked["ReceiptHandle"]))


def _deleted_batch(context: Any, asked: Any, answer: Any) -> None:
    handles = {entry["Id"]: entry["ReceiptHandle"] for entry in asked["Entries"]}
    for entry in answer.get("Successful") or ():
        _say("deleted", **_whose(context), queue=_queue(context), id=_message_of(handles[entry["Id"]]))


_TELLERS = {
    "sqs.SendMessage": _sent,
    "sqs.SendMessageBatch": _sent_batch,
    "sqs.ReceiveMessage": _received,
    "sqs.DeleteMessage": _deleted,
    "sqs.DeleteMessageBatch": _deleted_batch,
}


def _whose(context: Any) -> dict[str, Any]:
    """On whose behalf a call is: a rule's, a mapping's, or that of a call at the front door."""
    given = context.internal_request_params or {}
    trace = context.trace_context.get("aws_trace_header")
    return {
        "principal": str(given.get("service_principal") or ""),
        "source": str(given.get("source_arn") or ""),
        "event": getattr(_now, "event", ""),
        "hop": getattr(context, "sandbox_hop", None),
        "trace": trace.to_header_str() if trace is not None else "",
        "account": context.account_id,
        "region": context.region,
    }


def _queue(context: Any) -> str:
    return str(context.service_request["QueueUrl"]).rpartition("/")[2]


def _message_of(receipt_handle: str) -> str:
    """The id that LocalStack writes into its receipt handles."""
    return base64.b64decode(receipt_handle).decode().split(" ")[2]


def _messages(payload: bytes) -> list[str]:
    """The ids of the messages, or of the records of a stream, that a mapping hands to a function."""
    if b'"aws:sqs"' not in payload and b'"aws:dynamodb"' not in payload:
        return []
    try:
        records = json.loads(payload).get("Records", ())
    except (ValueError, AttributeError):
        return []
    named = (
        record.get("messageId") or record.get("eventID") for record in records if isinstance(record, dict)
    )
    return [name for name in named if name]


def _watched(process: Any) -> Any:
    """Delivers as before; tells which event it is, and what could not be delivered."""

    def process_event(sender: Any, event: Any, trace_header: Any) -> Any:
        _now.event = event.get("id", "")
        try:
            return process(sender, event, trace_header)
        except Exception as failure:
            answer = getattr(failure, "response", {})
            _say(
                "undelivered",
                principal="events",
                source=sender.rule_arn,
                account=sender.account_id,
                region=sender.region,
                trace=trace_header.to_header_str(),
                event=event.get("id", ""),
                body=json.dumps(event, default=str),
                target=sender.target["Arn"],
                letters=(sender.target.get("DeadLetterConfig") or {}).get("Arn", ""),
                code=answer.get("Error", {}).get("Code") or type(failure).__name__,
                status=answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 500,
                why=answer.get("Error", {}).get("Message") or str(failure),
            )
            raise
        finally:
            _now.event = ""

    return process_event


def _dead_letters(record: Any) -> bool:
    """A filter of the queues' log: its line about a message that was received too often has no other sign."""
    try:
        if _DEAD in str(record.msg) and record.args:
            message, count = record.args
            account, region, queue = _now.receive
            letters = sqs_stores[account][region].queues[queue].redrive_policy["deadLetterTargetArn"]
            _say(
                "dead",
                account=account,
                region=region,
                queue=queue,
                letters=letters.rpartition(":")[2],
                id=message.message["MessageId"],
                count=count,
            )
    except Exception as failure:
        _say("failure", where="dead letters", why=f"{type(failure).__name__}: {failure}")
    return bool(record.levelno >= logging.INFO)


handlers.preprocess_request.append(_guarded(_entered))
handlers.serve_custom_service_request_handlers.append(_guarded(_begun))
handlers.run_custom_response_handlers.append(_guarded(_done))
TargetSender.process_event = _watched(TargetSender.process_event)
_queues_log = logging.getLogger("localstack.services.sqs.models")
_queues_log.setLevel(logging.DEBUG)
_queues_log.addFilter(_dead_letters)
_say("here")
