"""`sandbox services` where no sandbox runs."""

from __future__ import annotations

from tests.cli.harness import Cli


def test_it_says_what_the_embedded_engine_does(cli: Cli) -> None:
    said = cli.here("services", "sts")
    assert (said.code, said.out.splitlines()[0]) == (0, "sts")
    assert "AssumeRole " in said.out
    assert said.err.startswith(f"no sandbox is running in {cli.state}: this is what the embedded engine does")


def test_its_json_is_that_of_one_that_runs(cli: Cli) -> None:
    (service,) = cli.here("services", "sqs", "--json").json
    assert service["counts"]["native"] > 20
    assert service["operations"][0] == {
        "name": "AddPermission",
        "provision": "native",
        "refused_parameters": [],
        "reason": "",
    }


def test_an_unknown_name_is_refused_alone(cli: Cli) -> None:
    said = cli.here("services", "sqss")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: there is no AWS service sqss")
