"""Exceptions read from error documents and logs."""

from __future__ import annotations

import json

from sandbox.model.stack_traces import Raised, raised_in_document, raised_in_log

TRACEBACK = (
    'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nValueError: não é número\n'
)


def structured(message_id: str, text: str = TRACEBACK) -> str:
    return json.dumps({"level": "ERROR", "messageId": message_id, "exception": text})


def test_an_error_document() -> None:
    document = {
        "errorType": "ValueError",
        "errorMessage": "não\nlinha",
        "stackTrace": ["  File a\n", "  g()\n"],
    }
    assert raised_in_document(json.dumps(document)) == Raised("ValueError: não", ("  File a", "  g()"))
    assert raised_in_document('{"batchItemFailures": []}') is None
    assert raised_in_document("Task timed out") is None


def test_the_log_line_about_the_message_comes_first() -> None:
    lines = [
        "START RequestId: 1",
        structured("m-1", TRACEBACK.replace("não é número", "de m-1")),
        structured("m-2", TRACEBACK.replace("não é número", "de m-2")),
        '{"level": "INFO", "message": "done"}',
    ]
    found = raised_in_log(lines, "m-1")
    assert found is not None
    assert found.error == "ValueError: de m-1"
    assert found.frames == ('  File "a.py", line 1, in f', "    g()")


def test_without_a_line_about_it_the_newest_counts() -> None:
    lines = [structured("m-1"), f"[ERROR] {TRACEBACK.replace('ValueError', 'KeyError')}"]
    found = raised_in_log(lines, "other")
    assert found is not None
    assert found.error == "KeyError: não é número"


def test_an_error_that_was_only_said() -> None:
    assert raised_in_log(['{"level": "ERROR", "message": "boom"}'], "m") == Raised("boom")
    assert raised_in_log(["END", "{broken", '{"level": "INFO", "message": "ok"}'], "m") is None
