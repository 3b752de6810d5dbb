"""Operations on connections and API destinations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.http import is_loopback
from sandbox.services.base import Answer, Params, operation
from sandbox.services.events.authorizing import NotAuthorizedError
from sandbox.services.events.connections import (
    AUTHORIZED,
    AUTHORIZING,
    DEAUTHORIZED,
    OAUTH,
    PARAMETERS,
    Connection,
    Destination,
)
from sandbox.services.events.core import EventsCore
from sandbox.services.events.errors import already_exists, invalid
from sandbox.services.events.paging import page

_DEFAULT_RATE = 300


class ConnectionOperations(EventsCore):
    """Connections and API destinations."""

    @operation("CreateConnection", "Name Description AuthorizationType AuthParameters")
    async def create_connection(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html"""
        if self.connections.find_connection(call.scope, params["Name"]) is not None:
            raise already_exists("Connection", params["Name"])
        now = self.clock.now()
        connection = Connection(
            account=call.scope.account,
            region=call.scope.region,
            name=params["Name"],
            unique=self.kit.ids.uuid(),
            kind=params["AuthorizationType"],
            parameters=_checked(params["AuthorizationType"], params["AuthParameters"]),
            state=AUTHORIZING,
            reason="",
            description=params.get("Description"),
            created=now,
            modified=now,
            authorized=None,
        )
        return _begun(await self._authorize(connection))

    @operation("UpdateConnection", "Name Description AuthorizationType AuthParameters")
    async def update_connection(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateConnection.html"""
        before = self.connections.connection(call.scope, params["Name"])
        kind = params.get("AuthorizationType") or before.kind
        given = params.get("AuthParameters")
        changed = replace(
            before,
            kind=kind,
            parameters=_checked(kind, _merged(before.parameters, given) if given else before.parameters),
            description=params.get("Description", before.description),
            modified=self.clock.now(),
        )
        return _outcome(await self._authorize(changed))

    @operation("DescribeConnection", "Name")
    def describe_connection(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeConnection.html"""
        connection = self.connections.connection(call.scope, params["Name"])
        return {
            **_listed(connection),
            **({"Description": connection.description} if connection.description else {}),
            "SecretArn": str(connection.secret_arn),
            "AuthParameters": connection.public,
        }

    @operation("ListConnections", "NamePrefix ConnectionState NextToken Limit")
    def list_connections(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListConnections.html"""
        wanted = [
            connection
            for connection in self.connections.connections(call.scope)
            if connection.name.startswith(params.get("NamePrefix") or "")
            and connection.state == (params.get("ConnectionState") or connection.state)
        ]
        connections, more = page(wanted, params, lambda connection: connection.name)
        return {"Connections": [_listed(connection) for connection in connections], **more}

    @operation("DeauthorizeConnection", "Name")
    def deauthorize_connection(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeauthorizeConnection.html"""
        before = self.connections.connection(call.scope, params["Name"])
        self.caller.authorizer.forget(before)
        changed = replace(before, state=DEAUTHORIZED, parameters={}, modified=self.clock.now())
        self.connections.put_connection(changed)
        return _outcome(changed)

    @operation("DeleteConnection", "Name")
    def delete_connection(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteConnection.html"""
        connection = self.connections.connection(call.scope, params["Name"])
        self.caller.authorizer.forget(connection)
        self.connections.remove_connection(connection)
        return {**_outcome(connection), "ConnectionState": "DELETING"}

    # --- API destinations --------------------------------------------------------------------------------
    @operation(
        "CreateApiDestination",
        "Name Description ConnectionArn InvocationEndpoint HttpMethod InvocationRateLimitPerSecond",
    )
    def create_api_destination(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html"""
        if self.connections.find_destination(call.scope, params["Name"]) is not None:
            raise already_exists("An api-destination", f"'{params['Name']}'")
        now = self.clock.now()
        destination = Destination(
            account=call.scope.account,
            region=call.scope.region,
            name=params["Name"],
            unique=self.kit.ids.uuid(),
            connection=self._connection_arn(call, params["ConnectionArn"]),
            endpoint=_endpoint(params["InvocationEndpoint"]),
            method=params["HttpMethod"],
            rate=params.get("InvocationRateLimitPerSecond") or _DEFAULT_RATE,
            description=params.get("Description"),
            created=now,
            modified=now,
        )
        self.connections.put_destination(destination)
        return self._destination_outcome(destination)

    @operation(
        "UpdateApiDestination",
        "Name Description ConnectionArn InvocationEndpoint HttpMethod InvocationRateLimitPerSecond",
    )
    def update_api_destination(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateApiDestination.html"""
        before = self.connections.destination(call.scope, params["Name"])
        connection = params.get("ConnectionArn")
        changed = replace(
            before,
            connection=self._connection_arn(call, connection) if connection else before.connection,
            endpoint=_endpoint(params.get("InvocationEndpoint") or before.endpoint),
            method=params.get("HttpMethod") or before.method,
            rate=params.get("InvocationRateLimitPerSecond") or before.rate,
            description=params.get("Description", before.description),
            modified=self.clock.now(),
        )
        self.connections.put_destination(changed)
        return self._destination_outcome(changed)

    @operation("DescribeApiDestination", "Name")
    def describe_api_destination(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeApiDestination.html"""
        destination = self.connections.destination(call.scope, params["Name"])
        described = {"Description": destination.description} if destination.description else {}
        return {**self._listed_destination(destination), **described}

    @operation("ListApiDestinations", "NamePrefix ConnectionArn NextToken Limit")
    def list_api_destinations(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListApiDestinations.html"""
        wanted = [
            destination
            for destination in self.connections.destinations(call.scope)
            if destination.name.startswith(params.get("NamePrefix") or "")
            and destination.connection == (params.get("ConnectionArn") or destination.connection)
        ]
        destinations, more = page(wanted, params, lambda destination: destination.name)
        return {"ApiDestinations": [self._listed_destination(each) for each in destinations], **more}

    @operation("DeleteApiDestination", "Name")
    def delete_api_destination(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteApiDestination.html"""
        self.connections.remove_destination(self.connections.destination(call.scope, params["Name"]))
        return {}

    # --- inside ------------------------------------------------------------------------------------------
    async def _authorize(self, connection: Connection) -> Connection:
        """Stores a connection; one with OAuth proves itself by fetching a token."""
        self.caller.authorizer.forget(connection)
        try:
            await self.caller.authorizer.headers(connection)
        except NotAuthorizedError as error:
            found = replace(connection, state=DEAUTHORIZED, reason=str(error))
        else:
            found = replace(connection, state=AUTHORIZED, reason="", authorized=self.clock.now())
        self.connections.put_connection(found)
        return found

    def _connection_arn(self, call: Call, text: str) -> str:
        arn = parse_arn(text) if is_arn(text) else None
        if arn is None or arn.service != "events" or not arn.resource.startswith("connection/"):
            raise invalid(f"Parameter {text} is not valid. Reason: Provided Arn is not in correct format.")
        found = self.connections.connection(call.scope, arn.resource.split("/")[1])
        return str(found.arn)

    def _state(self, destination: Destination) -> str:
        arn = parse_arn(destination.connection)
        found = self.connections.find_connection(arn.scope, arn.resource.split("/")[1])
        return "ACTIVE" if found is not None and found.state == AUTHORIZED else "INACTIVE"

    def _destination_outcome(self, destination: Destination) -> Answer:
        return {
            "ApiDestinationArn": str(destination.arn),
            "ApiDestinationState": self._state(destination),
            "CreationTime": destination.created,
            "LastModifiedTime": destination.modified,
        }

    def _listed_destination(self, destination: Destination) -> Answer:
        return {
            **self._destination_outcome(destination),
            "Name": destination.name,
            "ConnectionArn": destination.connection,
            "InvocationEndpoint": destination.endpoint,
            "HttpMethod": destination.method,
            "InvocationRateLimitPerSecond": destination.rate,
        }


def _checked(kind: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a connection, which must be those of its type of authorization.

    Raises:
        AwsError: ValidationException, or a member that is refused by name.
    """
    if "ConnectivityParameters" in parameters:
        raise NotImplementedByName("events", "ConnectivityParameters of connections")
    wanted = PARAMETERS[kind]
    others = [member for member in PARAMETERS.values() if member != wanted and member in parameters]
    if wanted not in parameters or others:
        raise invalid(f"AuthParameters of the authorization type {kind} are {wanted} alone.")
    if kind == OAUTH:
        _endpoint(parameters[wanted]["AuthorizationEndpoint"])
    return dict(parameters)


def _merged(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters where what is given takes the place of what was, member by member."""
    kept = {name: value for name, value in before.items() if name == "InvocationHttpParameters"}
    return {
        **kept,
        **{
            name: {**(before.get(name) or {}), **value} if isinstance(value, dict) else value
            for name, value in given.items()
        },
    }


def _endpoint(url: str) -> str:
    """A URL that the sandbox calls.

    Raises:
        AwsError: it leads away from this machine: refused by name.
    """
    if not is_loopback(url):
        raise NotImplementedByName("events", f"endpoints that are not on this machine's loopback ({url})")
    return url


def _begun(connection: Connection) -> Answer:
    return {
        "ConnectionArn": str(connection.arn),
        "ConnectionState": connection.state,
        "CreationTime": connection.created,
        "LastModifiedTime": connection.modified,
    }


def _outcome(connection: Connection) -> Answer:
    times = {"LastAuthorizedTime": connection.authorized} if connection.authorized is not None else {}
    return {**_begun(connection), **times}


def _listed(connection: Connection) -> Answer:
    return {
        **_outcome(connection),
        "Name": connection.name,
        "AuthorizationType": connection.kind,
        **({"StateReason": connection.reason} if connection.reason else {}),
    }
