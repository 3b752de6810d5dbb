"""The function behind an integration or authorizer, named by its ARN or by API Gateway's URI for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from sandbox.model.arn import is_arn

_URI = re.compile(r"arn:aws[\w-]*:apigateway:[\w-]+:lambda:path/[\w-]+/functions/(.+)/invocations")
_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")


@lru_cache(maxsize=1024)
def function_in_uri(uri: str) -> str | None:
    """The ARN of the function that a URI of the form
    `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations` invokes, or None.

    Stage variables (`${stageVariables.name}`) may stand in it; `with_variables` puts them in.
    """
    match = _URI.fullmatch(uri)
    return match.group(1) if match and is_arn(match.group(1)) else None


def with_variables(text: str, variables: Mapping[str, str]) -> str:
    """The text with the stage's variables in it; one that is not set becomes nothing, as on AWS."""
    if "${stageVariables." not in text:
        return text
    return _VARIABLE.sub(lambda match: variables.get(match[1], ""), text)
