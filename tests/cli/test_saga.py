"""`sandbox saga` and `sandbox lint`: what they print, and how they exit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sandbox.cli.app import run
from sandbox.errors import SandboxError
from sandbox.model.views.sagas import SagaCheck, SagaDetail, SagaView, TimelineEntry, Violation
from sandbox.model.views.system import LintView
from tests.cli.saga_daemon import daemon

SAGA = SagaView(
    saga="order",
    style="choreography",
    id="o1",
    state="PENDING",
    outcome="stuck",
    step="reserve",
    began_at=0.0,
    attempts=2,
    flow=7,
    error="ValueError: \x1b[31mno",
)
DETAIL = SagaDetail(
    saga=SAGA,
    timeline=[
        TimelineEntry(
            kind="working", what="function billing", from_at=0.0, to_at=0.0, step="issue", duration_ms=12.34
        ),
        TimelineEntry(kind="waiting", what="in queue reserve", from_at=0.0, to_at=60.0, step="reserve"),
        TimelineEntry(
            kind="working",
            what="function stock",
            from_at=60.0,
            to_at=60.0,
            step="reserve",
            attempt=2,
            ok=False,
            error="ValueError: no",
            duration_ms=3.0,
        ),
        TimelineEntry(
            kind="waiting", what="dead letter in reserve-dlq", from_at=60.0, step="reserve", ok=False
        ),
    ],
    waiting_for=["dead letter in reserve-dlq: somebody to redrive it"],
    steps={"issue": "done", "reserve": "failed", "confirm": "pending"},
    waited_seconds=120.0,
    worked_ms=15.34,
)
BROKEN = SagaCheck(
    checked=["stock", "money"],
    skipped=["outbox"],
    violations=[
        Violation(
            saga="order", invariant="stock", description="It adds up.", rows=[{"id": "o1", "n": "3"}], count=4
        ),
        Violation(saga="order", invariant="money", description="", error="it took longer than 2 s"),
    ],
)
LINT = LintView(
    code="queue-without-dead-letter-queue",
    severity="warning",
    subject="orders",
    text="orders has no dead-letter queue.",
    remedy="give it one",
    page="https://docs.aws.amazon.com/x",
    stack="shop",
)

SHOWN = """\
order o1

state        ■ PENDING (stuck)
step         reserve
age          2m
attempts     2
flow         7
error        ValueError: \\e[31mno
waits for    dead letter in reserve-dlq: somebody to redrive it
waiting      2m
working      0ms (15.3 ms of real time)

steps        ● issue done  ✗ reserve failed  ○ confirm pending

timeline     ░ waiting  █ working
 +0.000s  █                                 12.3 ms  function billing            issue
 +0.000s  ░░░░░░░░░░░░░░░░                       1m  in queue reserve            reserve
+60.000s                  █                  3.0 ms  function stock (attempt 2)  reserve  ✗ ValueError: no
+60.000s                  ░░░░░░░░░░░░░░░░      1m…  dead letter in reserve-dlq  reserve

✗ stock is violated: It adds up.
    id=o1  n=3
    … 3 more
1 invariant not kept elsewhere: `sandbox saga check`
"""
CHECKED = """\
✗ stock is violated: It adds up.
    id=o1  n=3
    … 3 more
✗ money could not be checked: it took longer than 2 s
– outbox not checked: it holds once no saga is running
"""
LISTED = """\
SAGA   ID  STATE      STEP     BEGAN     AGE  ATTEMPTS  FLOW  ERROR
order  o1  ■ PENDING  reserve  00:00:00  2m   2         7     ValueError: \\e[31mno
"""
LINTED = """\
▲ warning orders (shop): queue-without-dead-letter-queue
    orders has no dead-letter queue.
    do:  give it one
    see: https://docs.aws.amazon.com/x
"""


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command against a daemon with given answers; gives exit code, output, errors, questions."""

    def call(answers: dict[str, Any], *words: str) -> tuple[int, str, str, Any]:
        with daemon(tmp_path, {"clock_show": {"now": 120.0}, **answers}) as asked:
            code = run([*words, "--state", str(tmp_path)])
        out, err = capsys.readouterr()
        return code, out, err, asked

    return call


def test_show_tells_where_a_saga_is_and_where_its_time_went(said: Any) -> None:
    code, out, _, asked = said({"saga_show": DETAIL, "saga_check": BROKEN}, "saga", "show", "o1")
    assert out == SHOWN
    assert code == 0
    assert asked[0] == ("saga_show", {"saga_id": "o1"})


def test_show_as_json_is_the_view(said: Any) -> None:
    _, out, _, _ = said({"saga_show": DETAIL}, "saga", "show", "o1", "--json")
    assert json.loads(out)["waiting_for"] == DETAIL.waiting_for


def test_an_unknown_id_says_what_to_do(said: Any) -> None:
    error = SandboxError("no saga has the id o9", "unknown", "did you mean o1?")
    code, out, err, _ = said({"saga_show": error}, "saga", "show", "o9")
    assert (code, out) == (1, "")
    assert "did you mean o1?" in err


def test_ls_lists_states_as_glyph_and_word(said: Any) -> None:
    code, out, _, asked = said({"saga_ls": [SAGA]}, "saga", "ls", "--in", "stuck", "-n", "3")
    assert (code, out) == (0, LISTED)
    assert asked[0] == ("saga_ls", {"limit": 3, "state": "stuck"})


def test_ls_says_when_there_is_none(said: Any) -> None:
    code, out, err, _ = said({"saga_ls": []}, "saga", "ls")
    assert code == 0
    assert len(out.splitlines()) == 1
    assert "no saga yet" in err


def test_check_exits_with_1_when_an_invariant_is_violated(said: Any) -> None:
    code, out, _, _ = said({"saga_check": BROKEN}, "saga", "check")
    assert (code, out) == (1, CHECKED)


def test_check_is_content_when_everything_holds(said: Any) -> None:
    code, out, _, _ = said({"saga_check": SagaCheck(checked=["stock"])}, "saga", "check")
    assert (code, out) == (0, "● stock holds\n")
    code, out, _, _ = said({"saga_check": SagaCheck(checked=[])}, "saga", "check", "--json")
    assert (code, json.loads(out)["violations"]) == (0, [])


def test_a_warning_fails_the_lint(said: Any) -> None:
    code, out, _, _ = said({"lint": [LINT]}, "lint")
    assert (code, out) == (1, LINTED)


def test_what_is_suppressed_is_counted_and_shown_on_demand(said: Any) -> None:
    quiet = msgspec.structs.replace(LINT, suppressed="we like it so")
    code, out, err, _ = said({"lint": [quiet]}, "lint")
    assert (code, out) == (0, "● nothing to say\n")
    assert "1 suppressed" in err
    code, out, _, _ = said({"lint": [quiet]}, "lint", "--all")
    assert (code, out) == (0, LINTED + "    suppressed: we like it so\n")


def test_information_does_not_fail_the_lint(said: Any) -> None:
    code, out, _, _ = said({"lint": [msgspec.structs.replace(LINT, severity="info")]}, "lint", "--json")
    assert (code, json.loads(out)[0]["severity"]) == (0, "info")
