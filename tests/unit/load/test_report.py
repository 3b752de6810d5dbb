"""Reports of load: percentiles, causes in the order of their coming, and whose limit it was."""

from __future__ import annotations

import json
import os
from xml.etree import ElementTree

import pytest

from sandbox.load.chart import as_svg, sparkline
from sandbox.load.processors import Processors, Share
from sandbox.load.profile import parse_profile
from sandbox.load.report import Report, report_of
from sandbox.load.request import maker
from sandbox.load.sender import CROWDED, TIMED_OUT, Results
from sandbox.load.watching import Look, Watch

UNAVAILABLE = json.dumps({"message": "Service Unavailable"}).encode()
HANDLERS_OWN = json.dumps({"message": "try again"}).encode()


def report(*answers: tuple[float, int, bytes], watch: Watch | None = None, lag: float = 0.0) -> Report:
    """The report of answers, each with its time, status and body, that took 10 ms."""
    results = Results()
    for due, status, body in answers:
        results.add(due, lag, 0.01, status, body)
    return report_of(
        parse_profile("10/s for 2s"), "http://127.0.0.1/x", {}, results, watch or Watch(drained=0.0)
    )


def test_nothing_lost() -> None:
    made = report((0.0, 200, b""), (1.0, 201, b""))
    assert (made.sent, made.ok, made.lost, made.causes, made.machine) == (2, 2, 0, [], "")
    assert made.p95_ms == pytest.approx(10)
    assert made.as_json()["bent_first"] is None


def test_causes_are_told_apart_and_ordered() -> None:
    watch = Watch(
        throttles={"pedidos-api": 1},
        failures={("dynamodb", "PutItem", "pedidos", "ProvisionedThroughputExceededException: …"): 2},
        dead={"dlq": 3},
        drained=1.0,
    )
    made = report(
        (1.5, 429, b"{}"),
        (0.5, 503, UNAVAILABLE),
        (0.7, 503, HANDLERS_OWN),
        (0.9, TIMED_OUT, b""),
        (1.0, 404, b"no"),
        (1.1, 200, b""),
        watch=watch,
    )
    assert [(cause.name, cause.count) for cause in made.causes] == [
        ("function-concurrency", 1),
        ("table-capacity", 1),
        ("timeout", 1),
        ("http-404", 1),
        ("api-rate-limit", 1),
        ("dead-letters", 3),
    ]
    assert (made.ok, made.lost) == (1, 8)
    told = made.as_json()
    assert told["bent_first"] == "function-concurrency"
    assert sum(told["causes"].values()) == told["lost"]
    assert "pedidos-api" in told["explained"][0]["raise"]


def test_queues_that_do_not_run_empty_are_losses() -> None:
    made = report((0.0, 201, b""), watch=Watch(looks=[Look(2.0, 10.0, 7, 31.0)]))
    assert [(cause.name, cause.count) for cause in made.causes] == [("queue-backlog", 7)]


def test_the_machines_own_limit_is_told() -> None:
    assert "too slow to send" in report((0.0, 200, b""), lag=0.2).machine
    busy = Watch(looks=[Look(at, 99.0, 0, 0.0) for at in range(3)], drained=0.0)
    assert "processors were busy" in report((0.0, 200, b""), watch=busy).machine


def test_what_a_full_machine_loses_is_its_own() -> None:
    busy = [Look(float(at), 99.0, 0, 0.0) for at in range(3)]
    answers = (
        (0.5, 503, UNAVAILABLE), (0.6, TIMED_OUT, b""), (0.7, CROWDED, b""), (0.8, 429, b"{}")
    )  # fmt: skip
    full = report(*answers, watch=Watch(looks=busy, throttles={"pedidos-api": 1}, drained=0.0))
    assert [(cause.name, cause.machine) for cause in full.causes] == [
        ("function-concurrency", True),
        ("timeout", True),
        ("crowded", True),
        ("api-rate-limit", False),
    ]
    assert full.bent_first == "machine"
    assert [cause.name for cause in full.causes if cause.setting] == ["api-rate-limit"]
    idle = [Look(float(at), 40.0, 0, 0.0) for at in range(3)]
    calm = report(*answers, watch=Watch(looks=idle, throttles={"pedidos-api": 1}, drained=0.0))
    assert calm.bent_first == "function-concurrency"
    assert "ReservedConcurrentExecutions" in calm.causes[0].setting


def test_whose_processor_time_it_was() -> None:
    share = Share(sandbox=0.004, functions=0.006, load=0.001, others=0.5, before=3.25)
    watch = Watch(looks=[Look(1.0, 99.0, 0, 0.0)], drained=0.0, share=share)
    made = report((0.0, 200, b""), (0.1, 200, b""), watch=watch)
    told = made.as_json()
    assert told["cpu_ms_per_request"] == {"sandbox": 2.0, "functions": 3.0, "load": 0.5, "all": 5.5}
    assert (told["cpu_percent_of_others"], told["load_average_before"]) == (50.0, 3.2)
    assert "other programs took 50% of the machine" in made.machine


def test_processor_time_is_measured_from_the_beginning() -> None:
    own = os.getpid()
    processors = Processors([{"name": "sandbox", "pid": own}])
    share = processors.share([{"name": "sandbox", "pid": own}, {"name": "lambda f", "pid": 1 << 30}])
    # The process that sends is `load`, whatever else it is; who is gone has used nothing.
    assert (share.sandbox, share.functions) == (0.0, 0.0)
    assert 0.0 <= share.load < 60.0
    assert 0.0 <= share.others <= 1.0


def test_the_picture_is_valid_and_says_what_was_lost() -> None:
    picture = as_svg(report((0.0, 201, b""), (0.1, 429, b"<&>")))
    text = " ".join(ElementTree.fromstring(picture).itertext())
    assert "1 lost (50.0%)" in text
    assert "api-rate-limit" in text
    assert sparkline([0, 1, 2]) == "▁▄█"
    assert sparkline([]) == ""


def test_requests_carry_their_number() -> None:
    host, port, make = maker("http://127.0.0.1:81/a/{n}", "POST", '{"k": "{n%3}"}', {"X": "y"})
    assert (host, port) == ("127.0.0.1", 81)
    head, _, body = make(7).partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a/7 HTTP/1.1\r\nHost: 127.0.0.1:81\r\nX: y\r\n")
    assert body == b'{"k": "1"}'
    assert f"Content-Length: {len(body)}".encode() in head
    assert maker("http://127.0.0.1:81/", "GET", "", {})[2](3).startswith(b"GET / HTTP/1.1\r\n")


def test_load_stays_on_this_machine() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        maker("http://example.com/", "GET", "", {})
