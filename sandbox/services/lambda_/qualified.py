"""A function as it was named: the function, the qualifier, and which of its versions runs."""

from __future__ import annotations

import msgspec

from sandbox.model.arn import function_arn
from sandbox.model.lambda_names import LATEST
from sandbox.services.lambda_.records import Alias, Function, InvokeConfig


class Qualified(msgspec.Struct, frozen=True):
    """A function with the qualifier that was named, which exists.

    Attributes:
        function: the `$LATEST` record: concurrency, policies and aliases hang on it.
        main: the version that the qualifier means; of a weighted alias the first one.
        qualifier: a version, an alias, `$LATEST`, or None where none was named.
        other: the second version of a weighted alias.
        share: its share of the invocations.
    """

    function: Function
    main: Function
    qualifier: str | None = None
    other: Function | None = None
    share: float = 0.0

    @property
    def arn(self) -> str:
        """The ARN as it was named: what an invocation calls the invoked function."""
        return str(function_arn(self.function.scope, self.function.name, self.qualifier))

    @property
    def key(self) -> str:
        """What settings by qualifier are kept under."""
        return self.qualifier or LATEST

    @property
    def alias(self) -> Alias | None:
        """The alias that was named, or None."""
        return self.function.aliases.get(self.qualifier or "")

    @property
    def invoke_config(self) -> InvokeConfig | None:
        """How asynchronous invocations by this name are treated."""
        return self.function.invoke_configs.get(self.key)
