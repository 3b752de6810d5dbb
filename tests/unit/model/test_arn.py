"""ARNs and queue URLs, built and taken apart."""

from __future__ import annotations

import pytest

from sandbox.model import arn as arns
from sandbox.model.arn import Arn, is_arn, parse_arn, parse_queue_url, queue_url
from sandbox.model.scope import Scope

HERE = Scope()
AWAY = Scope("111111111111", "eu-west-1")


@pytest.mark.parametrize(
    ("built", "text", "name"),
    [
        (arns.queue_arn(AWAY, "reserva"), "arn:aws:sqs:eu-west-1:111111111111:reserva", "reserva"),
        (arns.function_arn(HERE, "f"), "arn:aws:lambda:us-east-1:000000000000:function:f", "f"),
        (
            arns.function_arn(HERE, "f", "live"),
            "arn:aws:lambda:us-east-1:000000000000:function:f:live",
            "live",
        ),
        (arns.event_bus_arn(HERE, "b"), "arn:aws:events:us-east-1:000000000000:event-bus/b", "b"),
        (arns.rule_arn(HERE, "default", "r"), "arn:aws:events:us-east-1:000000000000:rule/r", "r"),
        (arns.rule_arn(HERE, "b", "r"), "arn:aws:events:us-east-1:000000000000:rule/b/r", "r"),
        (arns.rest_api_arn("us-east-1", "abc"), "arn:aws:apigateway:us-east-1::/restapis/abc", "abc"),
        (
            arns.execute_api_arn(HERE, "abc", "dev", "GET", "/notas/1"),
            "arn:aws:execute-api:us-east-1:000000000000:abc/dev/GET/notas/1",
            "1",
        ),
        (
            arns.log_group_arn(HERE, "/aws/lambda/f"),
            "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f",
            "f",
        ),
        (arns.role_arn("000000000000", "/service/", "r"), "arn:aws:iam::000000000000:role/service/r", "r"),
        (arns.policy_arn("000000000000", "/", "p"), "arn:aws:iam::000000000000:policy/p", "p"),
        (arns.root_arn("000000000000"), "arn:aws:iam::000000000000:root", "root"),
        (arns.db_instance_arn(HERE, "nfe"), "arn:aws:rds:us-east-1:000000000000:db:nfe", "nfe"),
        (
            arns.stack_arn(HERE, "nfe", "u"),
            "arn:aws:cloudformation:us-east-1:000000000000:stack/nfe/u",
            "u",
        ),
        (
            arns.event_source_mapping_arn(HERE, "u"),
            "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:u",
            "u",
        ),
    ],
)
def test_built_and_parsed(built: Arn, text: str, name: str) -> None:
    assert str(built) == text
    assert parse_arn(text) == built
    assert is_arn(text)
    assert built.name == name


def test_parts_of_an_arn() -> None:
    arn = parse_arn("arn:aws-cn:sqs:cn-north-1:222222222222:fila")
    assert (arn.partition, arn.scope) == ("aws-cn", Scope("222222222222", "cn-north-1"))


@pytest.mark.parametrize(
    "text", ["", "arn", "arn:aws:sqs", "urn:aws:sqs:r:a:q", "arn:aws::r:a:q", "arn:aws:sqs:r:a:"]
)
def test_what_is_no_arn(text: str) -> None:
    assert not is_arn(text)
    with pytest.raises(ValueError, match="not an ARN"):
        parse_arn(text)


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        ("http://127.0.0.1:4566/000000000000/fila", Scope("000000000000", "sa-east-1")),
        ("/000000000000/fila", Scope("000000000000", "sa-east-1")),
        ("http://localhost:4566/queue/eu-west-1/111111111111/fila", AWAY),
        ("https://sqs.eu-west-1.amazonaws.com/111111111111/fila", AWAY),
        ("https://eu-west-1.queue.amazonaws.com/111111111111/fila", AWAY),
        ("http://sqs.eu-west-1.localhost.localstack.cloud:4566/111111111111/fila", AWAY),
        ("https://sqs.cn-north-1.amazonaws.com.cn/111111111111/fila", Scope("111111111111", "cn-north-1")),
    ],
)
def test_queue_urls_of_every_form(url: str, scope: Scope) -> None:
    assert parse_queue_url(url, "sa-east-1") == (scope, "fila")


@pytest.mark.parametrize(
    "url", ["fila", "http://127.0.0.1:4566/", "http://h/a/b/c", "http://h/other/r/a/q", ""]
)
def test_what_is_no_queue_url(url: str) -> None:
    with pytest.raises(ValueError, match="not a queue URL"):
        parse_queue_url(url, "us-east-1")


@pytest.mark.parametrize("scope", [HERE, AWAY])
def test_queue_urls_lead_back(scope: Scope) -> None:
    url = queue_url(scope, "fila", "http://127.0.0.1:4566")
    assert parse_queue_url(url, "us-east-1") == (scope, "fila")


def test_the_text_of_a_long_arn_is_not_remembered() -> None:
    before = arns._text.cache_info().currsize
    assert str(Arn("execute-api", "us-east-1", "0", "x" * 5000)).endswith("x" * 5000)
    assert arns._text.cache_info().currsize == before
