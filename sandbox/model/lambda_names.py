"""The three forms in which the Lambda API takes a function's name, and what they mean in a scope.

`my-function`, `123456789012:function:my-function` and the whole ARN, each with or without `:qualifier`.
Reference: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (FunctionName)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sandbox.model.arn import Arn, function_arn
from sandbox.model.lambda_errors import invalid, resource_not_found
from sandbox.model.lambda_limits import Violations
from sandbox.model.scope import Scope

LATEST = "$LATEST"
MAX_NAME = 64

_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
_NAME = re.compile(
    r"(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:(?P<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[a-zA-Z0-9-_]+)"
    r"(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function as a caller named it, resolved in the caller's scope.

    Attributes:
        qualifier: the version or alias that was named, or None.
    """

    scope: Scope
    name: str
    qualifier: str | None = None

    @property
    def arn(self) -> Arn:
        """The function's ARN, without a qualifier."""
        return function_arn(self.scope, self.name)

    @property
    def named_arn(self) -> str:
        """The ARN as named, with the qualifier where there is one: error messages repeat it."""
        return str(function_arn(self.scope, self.name, self.qualifier))


def parse_function_name(text: str, scope: Scope, qualifier: str | None = None) -> FunctionRef:
    """Resolves a `FunctionName` (and a `Qualifier` beside it) in the caller's scope.

    Raises:
        AwsError: `ValidationException` for a malformed name, `ResourceNotFoundException` for one of another
            region, `InvalidParameterValueException` when both qualifiers are there and differ.
    """
    match = _NAME.fullmatch(text)
    violations = Violations()
    if match is None:
        violations.pattern(text, "functionName", _PATTERN)
    elif text == match["name"] and len(text) > MAX_NAME:
        violations.add(text, "functionName", f"Member must have length less than or equal to {MAX_NAME}")
    violations.check()
    assert match is not None  # a name that does not match was refused above
    if match["region"] and match["region"] != scope.region:
        raise resource_not_found(
            f"Functions from '{match['region']}' are not reachable in this region ('{scope.region}')"
        )
    named = match["qualifier"]
    if named and qualifier and named != qualifier:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    return FunctionRef(
        Scope(match["account"] or scope.account, scope.region), match["name"], named or qualifier
    )


# Those who invoke name the same few functions again and again.
@lru_cache(maxsize=1024)
def function_of(arn: Arn) -> FunctionRef:
    """The function that the ARN of a target names.

    Raises:
        AwsError: `InvalidParameterValueException`, it is not the ARN of a function.
    """
    parts = arn.resource.split(":")
    if arn.service != "lambda" or parts[0] != "function" or len(parts) not in (2, 3):
        raise invalid(f"{arn} is not the ARN of a Lambda function")
    return FunctionRef(arn.scope, parts[1], parts[2] if len(parts) == 3 else None)
