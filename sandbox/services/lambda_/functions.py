"""The functions of every scope: in memory for the hot path, in the store for good."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.lambda_errors import function_not_found
from sandbox.model.lambda_names import LATEST, FunctionRef, parse_function_name
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.lambda_.records import Function

_Key = tuple[Scope, str]


class Functions:
    """Stores functions and finds them by every form of their name."""

    def __init__(self, kit: Kit) -> None:
        self._database = kit.database
        self._kit = kit
        self._known: dict[_Key, Function] = {}

    def load(self) -> None:
        """Reads everything from the store anew."""
        decode = msgspec.json.Decoder(Function).decode
        found = [
            decode(row["document"]) for row in self._database.rows("SELECT document FROM lambda_functions")
        ]
        self._known = {(function.scope, function.name): function for function in found}

    def get(self, scope: Scope, name: str) -> Function | None:
        """The function of that name, or None."""
        return self._known.get((scope, name))

    def of_scope(self, scope: Scope) -> list[Function]:
        """The functions of a scope, in no order."""
        return [function for (where, _), function in self._known.items() if where == scope]

    def require(self, ref: FunctionRef) -> Function:
        """The function a caller means.

        Raises:
            AwsError: it does not exist; versions and aliases other than `$LATEST` are refused by name.
        """
        function = self.get(ref.scope, ref.name)
        if function is None:
            raise function_not_found(ref.named_arn)
        if ref.qualifier not in (None, LATEST):
            raise NotImplementedByName("lambda", f"qualifier {ref.qualifier} (versions and aliases)")
        return function

    def named(self, params: dict[str, Any], scope: Scope) -> Function:
        """The function that `FunctionName` and `Qualifier` of a request mean.

        Raises:
            AwsError: malformed name, or no such function.
        """
        return self.require(parse_function_name(params["FunctionName"], scope, params.get("Qualifier")))

    def put(self, function: Function) -> Function:
        """Stores a new or changed function."""
        self._database.execute(
            "INSERT OR REPLACE INTO lambda_functions VALUES (?, ?, ?, ?)",
            (function.account, function.region, function.name, msgspec.json.encode(function)),
        )
        self._known[function.scope, function.name] = function
        return function

    def change(self, function: Function, **fields: Any) -> Function:
        """Stores the function with other values, a new revision and the time of now."""
        changed = msgspec.structs.replace(
            function, modified=self._kit.clock.now(), revision=self._kit.ids.uuid(), **fields
        )
        return self.put(changed)

    def amend(self, function: Function, **fields: Any) -> Function:
        """Stores what hangs on a function without being its configuration (tags, concurrency)."""
        return self.put(msgspec.structs.replace(function, **fields))

    def delete(self, function: Function) -> None:
        """Forgets a function."""
        self._database.execute(
            "DELETE FROM lambda_functions WHERE account = ? AND region = ? AND name = ?",
            (function.account, function.region, function.name),
        )
        self._known.pop((function.scope, function.name), None)
