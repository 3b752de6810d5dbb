"""The functions of every scope and their versions: in memory for the hot path, in the store for good."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.lambda_errors import function_not_found, invalid
from sandbox.model.lambda_names import LATEST, FunctionRef, parse_function_name
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Function, FunctionUrl

_Key = tuple[Scope, str]


class Functions:
    """Stores functions and finds them by every form of their name."""

    def __init__(self, kit: Kit) -> None:
        self._database = kit.database
        self._kit = kit
        self._known: dict[_Key, Function] = {}
        self._versions: dict[_Key, dict[str, Function]] = {}
        self._urls: dict[str, tuple[_Key, str]] = {}

    def load(self) -> None:
        """Reads everything from the store anew."""
        decode = msgspec.json.Decoder(Function).decode
        found = [
            decode(row["document"]) for row in self._database.rows("SELECT document FROM lambda_functions")
        ]
        self._known = {(function.scope, function.name): function for function in found}
        self._versions = {}
        self._urls = {}
        for function in found:
            self._index_urls(function)
        for row in self._database.rows("SELECT document FROM lambda_versions ORDER BY version"):
            version = decode(row["document"])
            self._versions.setdefault((version.scope, version.name), {})[version.version] = version

    def get(self, scope: Scope, name: str) -> Function | None:
        """The function of that name, or None."""
        return self._known.get((scope, name))

    def of_scope(self, scope: Scope) -> list[Function]:
        """The functions of a scope, in no order."""
        return [function for (where, _), function in self._known.items() if where == scope]

    def scopes(self) -> list[Scope]:
        """The scopes that have functions."""
        return sorted({scope for scope, _ in self._known}, key=str)

    def require(self, ref: FunctionRef) -> Function:
        """The function a caller means, whatever the qualifier.

        Raises:
            AwsError: it does not exist.
        """
        function = self.get(ref.scope, ref.name)
        if function is None:
            raise function_not_found(ref.named_arn)
        return function

    def named(self, params: dict[str, Any], scope: Scope) -> Function:
        """The `$LATEST` record of the function that `FunctionName` of a request means.

        Raises:
            AwsError: malformed name, no such function, or a version or alias is named.
        """
        ref = parse_function_name(params["FunctionName"], scope, params.get("Qualifier"))
        if ref.qualifier not in (None, LATEST):
            raise invalid(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support "
                "this operation. Please specify either a function name or an unqualified function ARN."
            )
        return self.require(ref)

    def qualified(self, ref: FunctionRef) -> Qualified:
        """The function a caller means, by version or alias where one is named.

        Raises:
            AwsError: `ResourceNotFoundException`, one of them does not exist.
        """
        found = self.find(ref)
        if found is None:
            raise function_not_found(ref.named_arn)
        return found

    def find(self, ref: FunctionRef) -> Qualified | None:
        """As `qualified`, or None."""
        function = self.get(ref.scope, ref.name)
        if function is None:
            return None
        if ref.qualifier in (None, LATEST):
            return Qualified(function, function, ref.qualifier)
        versions = self.versions(function)
        alias = function.aliases.get(ref.qualifier)
        if alias is None:
            main = versions.get(ref.qualifier)
            return None if main is None else Qualified(function, main, ref.qualifier)
        main = function if alias.version == LATEST else versions[alias.version]
        for other, share in alias.weights.items():
            return Qualified(function, main, ref.qualifier, versions[other], share)
        return Qualified(function, main, ref.qualifier)

    def pick(self, qualified: Qualified) -> Function:
        """The version that one invocation runs; a weighted alias draws it."""
        other = qualified.other
        if other is None or int(self._kit.ids.hex(8), 16) / 2**32 >= qualified.share:
            return qualified.main
        return other

    def of_url(self, url_id: str) -> tuple[Qualified, FunctionUrl] | None:
        """The function behind a function URL, or None."""
        place = self._urls.get(url_id)
        if place is None:
            return None
        (scope, name), key = place
        named = self.find(FunctionRef(scope, name, None if key == LATEST else key))
        url = named.function.urls.get(key) if named else None
        return (named, url) if named and url and url.id == url_id else None

    def _index_urls(self, function: Function) -> None:
        for key, url in function.urls.items():
            self._urls[url.id] = ((function.scope, function.name), key)

    # --- versions ----------------------------------------------------------------------------------------
    def versions(self, function: Function) -> dict[str, Function]:
        """The published versions of a function, oldest first."""
        return self._versions.get((function.scope, function.name), {})

    def publish(self, function: Function, version: Function) -> None:
        """Stores a new version and what the function is after it."""
        self._database.execute(
            "INSERT INTO lambda_versions VALUES (?, ?, ?, ?, ?)",
            (
                version.account,
                version.region,
                version.name,
                int(version.version),
                msgspec.json.encode(version),
            ),
        )
        self._versions.setdefault((version.scope, version.name), {})[version.version] = version
        self.put(function)

    def delete_version(self, version: Function) -> None:
        """Forgets a version."""
        self._database.execute(
            "DELETE FROM lambda_versions WHERE account = ? AND region = ? AND name = ? AND version = ?",
            (version.account, version.region, version.name, int(version.version)),
        )
        self._versions[version.scope, version.name].pop(version.version)

    # --- changing ----------------------------------------------------------------------------------------

    def put(self, function: Function) -> Function:
        """Stores a new or changed function."""
        self._database.execute(
            "INSERT OR REPLACE INTO lambda_functions VALUES (?, ?, ?, ?)",
            (function.account, function.region, function.name, msgspec.json.encode(function)),
        )
        self._known[function.scope, function.name] = function
        self._index_urls(function)
        return function

    def change(self, function: Function, **fields: Any) -> Function:
        """Stores the function with other values, a new revision and the time of now."""
        changed = msgspec.structs.replace(
            function,
            modified=self._kit.clock.now(),
            revision=self._kit.ids.uuid(),
            edition=function.edition + 1,
            **fields,
        )
        return self.put(changed)

    def revise(self, function: Function, **fields: Any) -> Function:
        """Stores what hangs on a function and gives it a new revision (policies)."""
        return self.amend(function, revision=self._kit.ids.uuid(), **fields)

    def amend(self, function: Function, **fields: Any) -> Function:
        """Stores what hangs on a function without being its configuration (tags, concurrency)."""
        return self.put(msgspec.structs.replace(function, **fields))

    def delete(self, function: Function) -> None:
        """Forgets a function with its versions."""
        for table in ("lambda_functions", "lambda_versions"):
            self._database.execute(
                f"DELETE FROM {table} WHERE account = ? AND region = ? AND name = ?",
                (function.account, function.region, function.name),
            )
        self._known.pop((function.scope, function.name), None)
        self._versions.pop((function.scope, function.name), None)
