"""Connections and API destinations: what they are, and what may be told of them.

Secrets stay in the store: they are in no answer, no log line and no hop.
Pages: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.arn import Arn
from sandbox.model.scope import Scope
from sandbox.services.events.errors import not_found
from sandbox.store.database import Database

BASIC, OAUTH, API_KEY = "BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"
AUTHORIZED, DEAUTHORIZED, AUTHORIZING = "AUTHORIZED", "DEAUTHORIZED", "AUTHORIZING"
#: The member of AuthParameters that each type of authorization needs.
PARAMETERS = {BASIC: "BasicAuthParameters", OAUTH: "OAuthParameters", API_KEY: "ApiKeyAuthParameters"}
_SECRETS = ("Password", "ApiKeyValue", "ClientSecret")


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A connection.

    Attributes:
        unique: the id at the end of its ARN.
        kind: `BASIC`, `OAUTH_CLIENT_CREDENTIALS` or `API_KEY`.
        parameters: as the API took them, secrets included; empty once it is deauthorized.
        created, modified, authorized: virtual seconds since the epoch.
    """

    account: str
    region: str
    name: str
    unique: str
    kind: str
    parameters: dict[str, Any]
    state: str
    reason: str
    description: str | None
    created: float
    modified: float
    authorized: float | None

    @property
    def scope(self) -> Scope:
        """Account and region."""
        return Scope(self.account, self.region)

    @property
    def arn(self) -> Arn:
        """The connection's ARN."""
        return Arn("events", self.region, self.account, f"connection/{self.name}/{self.unique}")

    @property
    def secret_arn(self) -> Arn:
        """The ARN of the secret that AWS would keep its parameters in."""
        name = f"secret:events!connection/{self.name}/{self.unique}"
        return Arn("secretsmanager", self.region, self.account, name)

    @property
    def public(self) -> dict[str, Any]:
        """Its parameters without what is secret."""
        found: dict[str, Any] = _without_secrets(self.parameters)
        return found


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """An API destination.

    Attributes:
        connection: ARN of its connection.
        rate: invocations a second at most.
    """

    account: str
    region: str
    name: str
    unique: str
    connection: str
    endpoint: str
    method: str
    rate: int
    description: str | None
    created: float
    modified: float

    @property
    def arn(self) -> Arn:
        """The destination's ARN."""
        return Arn("events", self.region, self.account, f"api-destination/{self.name}/{self.unique}")


class ConnectionStore:
    """Reads and writes connections and API destinations.

    Args:
        database: the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def connection(self, scope: Scope, name: str) -> Connection:
        """The connection.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        found = self.find_connection(scope, name)
        if found is None:
            raise not_found(f"Failed to describe the connection(s). Connection '{name}' does not exist.")
        return found

    def find_connection(self, scope: Scope, name: str) -> Connection | None:
        """The connection, or None."""
        text = self._find("events_connections", scope, name)
        return None if text is None else msgspec.json.decode(text, type=Connection)

    def connections(self, scope: Scope) -> list[Connection]:
        """The connections of a scope, by name."""
        return msgspec.json.decode(self._all("events_connections", scope), type=list[Connection])

    def put_connection(self, connection: Connection) -> None:
        """Stores a connection in place of the one of its name."""
        self._put("events_connections", connection)

    def remove_connection(self, connection: Connection) -> None:
        """Forgets a connection."""
        self._remove("events_connections", connection)

    def destination(self, scope: Scope, name: str) -> Destination:
        """The API destination.

        Raises:
            AwsError: ResourceNotFoundException.
        """
        found = self.find_destination(scope, name)
        if found is None:
            raise not_found(f"Failed to describe the api-destination(s). '{name}' does not exist.")
        return found

    def find_destination(self, scope: Scope, name: str) -> Destination | None:
        """The API destination, or None."""
        text = self._find("events_destinations", scope, name)
        return None if text is None else msgspec.json.decode(text, type=Destination)

    def destinations(self, scope: Scope) -> list[Destination]:
        """The API destinations of a scope, by name."""
        return msgspec.json.decode(self._all("events_destinations", scope), type=list[Destination])

    def put_destination(self, destination: Destination) -> None:
        """Stores an API destination in place of the one of its name."""
        self._put("events_destinations", destination)

    def remove_destination(self, destination: Destination) -> None:
        """Forgets an API destination."""
        self._remove("events_destinations", destination)

    # --- inside ------------------------------------------------------------------------------------------
    def _find(self, table: str, scope: Scope, name: str) -> bytes | None:
        row = self._database.row(
            f"SELECT document FROM {table} WHERE account = ? AND region = ? AND name = ?",
            (scope.account, scope.region, name),
        )
        return None if row is None else row["document"]

    def _all(self, table: str, scope: Scope) -> bytes:
        rows = self._database.rows(
            f"SELECT document FROM {table} WHERE account = ? AND region = ? ORDER BY name",
            (scope.account, scope.region),
        )
        return b"[" + b",".join(row["document"] for row in rows) + b"]"

    def _put(self, table: str, what: Connection | Destination) -> None:
        self._database.execute(
            f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?)",
            (what.account, what.region, what.name, msgspec.json.encode(what)),
        )

    def _remove(self, table: str, what: Connection | Destination) -> None:
        self._database.execute(
            f"DELETE FROM {table} WHERE account = ? AND region = ? AND name = ?",
            (what.account, what.region, what.name),
        )


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        hidden = (*_SECRETS, "Value") if value.get("IsValueSecret") else _SECRETS
        return {name: _without_secrets(inner) for name, inner in value.items() if name not in hidden}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value
