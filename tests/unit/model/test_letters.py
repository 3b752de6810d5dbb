"""What letters in dead-letter queues say of themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.delivering import text_attributes
from sandbox.model.lambda_async import Condition, Ending, dead_letter_attributes, destination_record
from sandbox.model.letters import Giver, Letter, read_letter

_HERE = "us-east-1:000000000000"
FUNCTION = f"arn:aws:lambda:{_HERE}:function:falha"
QUEUE = f"arn:aws:sqs:{_HERE}:fila"
ENDING = Ending(
    arn=f"{FUNCTION}:$LATEST",
    request_id="r-1",
    condition=Condition.RETRIES_EXHAUSTED,
    event=b'{"n": 1}',
    invocations=3,
    payload=b'{"errorType": "ValueError", "errorMessage": "nao"}',
    error="Unhandled",
)


def test_an_event_that_a_rule_could_not_deliver() -> None:
    said = text_attributes(
        {
            "RULE_ARN": f"arn:aws:events:{_HERE}:rule/nfe/criada",
            "TARGET_ARN": QUEUE,
            "ERROR_CODE": "NO_PERMISSIONS",
            "ERROR_MESSAGE": "not allowed",
            "RETRY_ATTEMPTS": "2",
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        }
    )
    letter = read_letter('{"source": "x"}', said)
    facts = {"target": QUEUE, "retries": "2", "ended by": "MaximumRetryAttempts"}
    error = "NO_PERMISSIONS: not allowed"
    assert letter == Letter(Giver.RULE, "criada", error, 3, facts, QUEUE, '{"source": "x"}')
    assert letter.sender == "rule criada"


@pytest.mark.parametrize(("truncated", "payload"), [("false", "{}"), ("true", None)])
def test_an_invocation_that_a_schedule_could_not_make(truncated: str, payload: str | None) -> None:
    said = text_attributes(
        {
            "SCHEDULE_ARN": f"arn:aws:scheduler:{_HERE}:schedule/default/diario",
            "TARGET_ARN": QUEUE,
            "ERROR_CODE": "X",
            "ERROR_MESSAGE": "y",
            "IS_PAYLOAD_TRUNCATED": truncated,
        }
    )
    letter = read_letter("{}", said)
    assert letter is not None
    assert (letter.sender, letter.payload, letter.attempts) == ("schedule diario", payload, None)


def test_the_dead_letter_of_a_function_has_its_event() -> None:
    letter = read_letter('{"n": 1}', dead_letter_attributes(ENDING))
    facts = {"request": "r-1", "error code": "200"}
    assert letter == Letter(Giver.FUNCTION, error="nao", facts=facts, payload='{"n": 1}')


def test_the_record_of_an_invocation_names_function_error_and_event() -> None:
    letter = read_letter(destination_record(ENDING, 0).decode(), {})
    assert letter is not None
    assert (letter.sender, letter.error, letter.attempts) == ("function falha", "ValueError: nao", 3)
    assert (letter.target, letter.payload) == (f"{FUNCTION}:$LATEST", '{"n":1}')
    assert letter.facts == {"request": "r-1", "ended by": "RetriesExhausted"}


def test_the_record_of_a_stream_says_where_the_records_are_and_has_none_of_them() -> None:
    batch = {"shardId": "s", "startSequenceNumber": "1", "endSequenceNumber": "2", "streamArn": "arn", "x": 1}
    context = {"functionArn": FUNCTION, "condition": "RecordAgeExceeded", "approximateInvokeCount": 1}
    body: dict[str, Any] = {"requestContext": context, "DDBStreamBatchInfo": batch}
    letter = read_letter(json.dumps(body), {})
    assert letter is not None
    assert (letter.giver, letter.payload, letter.error) == (Giver.MAPPING, None, "RecordAgeExceeded")
    assert letter.facts["startSequenceNumber"] == "1"
    assert letter.facts["stream"] == "arn"


@pytest.mark.parametrize("body", ["", "x", "[]", "{}", '{"requestContext": {"http": {}}}', "[" * 100_000])
def test_any_other_message_says_nothing(body: str) -> None:
    assert read_letter(body, {"cor": {"DataType": "String", "StringValue": "azul"}}) is None
