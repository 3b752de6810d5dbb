"""Function names in their three forms."""

from __future__ import annotations

import pytest

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.lambda_names import FunctionRef, function_of, parse_function_name
from sandbox.model.scope import Scope

HERE = Scope("123456789012", "us-east-1")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:nota_fiscal-1"


@pytest.mark.parametrize(
    ("text", "qualifier", "found"),
    [
        ("nota_fiscal-1", None, FunctionRef(HERE, "nota_fiscal-1")),
        ("nota_fiscal-1", "2", FunctionRef(HERE, "nota_fiscal-1", "2")),
        ("nota_fiscal-1:PROD", None, FunctionRef(HERE, "nota_fiscal-1", "PROD")),
        ("function:nota_fiscal-1:$LATEST", "$LATEST", FunctionRef(HERE, "nota_fiscal-1", "$LATEST")),
        ("210987654321:function:x", None, FunctionRef(Scope("210987654321", "us-east-1"), "x")),
        (ARN, None, FunctionRef(HERE, "nota_fiscal-1")),
        (f"{ARN}:7", None, FunctionRef(HERE, "nota_fiscal-1", "7")),
    ],
)
def test_every_form_is_resolved(text: str, qualifier: str | None, found: FunctionRef) -> None:
    assert parse_function_name(text, HERE, qualifier) == found


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "ValidationException", "at 'functionName'"),
        ("nota fiscal", "ValidationException", "Value 'nota fiscal' at 'functionName'"),
        ("a.b", "ValidationException", "Member must satisfy regular expression pattern"),
        ("a:b:c:d:e:f:g", "ValidationException", "at 'functionName'"),
        ("x" * 65, "ValidationException", "Member must have length less than or equal to 64"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:x", "ResourceNotFoundException", "'eu-west-1'"),
    ],
)
def test_what_is_no_name_is_refused(text: str, code: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse_function_name(text, HERE)
    assert caught.value.code == code
    assert message in caught.value.message


def test_the_arn_of_a_target_names_a_function() -> None:
    assert function_of(parse_arn(ARN)) == FunctionRef(HERE, "nota_fiscal-1")
    assert function_of(parse_arn(f"{ARN}:PROD")).qualifier == "PROD"
    assert FunctionRef(HERE, "nota_fiscal-1", "PROD").named_arn == f"{ARN}:PROD"


@pytest.mark.parametrize("resource", ["queue", "layer:x:1", "function:a:b:c"])
def test_other_arns_do_not(resource: str) -> None:
    with pytest.raises(AwsError, match="is not the ARN of a Lambda function"):
        function_of(Arn("lambda", "us-east-1", "123456789012", resource))
