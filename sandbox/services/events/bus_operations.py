"""Operations on event buses and their policies."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.call import Call
from sandbox.services.base import Answer, Params, operation
from sandbox.services.events.core import EventsCore
from sandbox.services.events.errors import already_exists, invalid, not_found
from sandbox.services.events.paging import page
from sandbox.services.events.store import DEFAULT_BUS, Bus

_ABSENT = "Statement with the provided id does not exist."


class BusOperations(EventsCore):
    """Event buses."""

    @operation("CreateEventBus", "Name Description Tags")
    def create_event_bus(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html"""
        name = params["Name"]
        if "/" in name:
            raise invalid(f"Event bus name {name} is not valid: only partner event buses have a slash.")
        if self.store.find_bus(call.scope, name) is not None:
            raise already_exists("Event bus", name)
        bus = self.store.add_bus(call.scope, name, params.get("Description"))
        self.store.tag(str(bus.arn), {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()})
        return {"EventBusArn": str(bus.arn), **_description(bus)}

    @operation("UpdateEventBus", "Name Description")
    def update_event_bus(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateEventBus.html"""
        bus = self.existing_bus(call, params, "Name")
        self.store.change_bus(bus, description=params.get("Description"), policy=bus.policy)
        changed = self.store.bus(bus.scope, bus.name)
        return {"Arn": str(bus.arn), "Name": bus.name, **_description(changed)}

    @operation("DeleteEventBus", "Name")
    def delete_event_bus(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteEventBus.html"""
        if params["Name"] == DEFAULT_BUS:
            raise invalid("Cannot delete event bus default.")
        bus = self.existing_bus(call, params, "Name")
        if self.store.rules(bus.scope, bus.name):
            raise invalid(f"Event bus {bus.name} can't be deleted since it has rules.")
        if self.archives.archives(bus.scope, bus.name):
            # On AWS an archive has a rule on its bus, one that AWS manages.
            raise invalid(f"Event bus {bus.name} can't be deleted since it has archives.")
        self.store.remove_bus(bus)
        return {}

    @operation("DescribeEventBus", "Name")
    def describe_event_bus(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeEventBus.html"""
        return _described(self.existing_bus(call, params, "Name"))

    @operation("ListEventBuses", "NamePrefix NextToken Limit")
    def list_event_buses(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListEventBuses.html"""
        found = self.store.buses(call.scope, params.get("NamePrefix") or "")
        buses, more = page(found, params, lambda bus: bus.name)
        return {"EventBuses": [_described(bus) for bus in buses], **more}

    # --- policies ----------------------------------------------------------------------------------------
    @operation("PutPermission", "EventBusName Action Principal StatementId Condition Policy")
    def put_permission(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html"""
        bus = self.existing_bus(call, params)
        if params.get("Policy"):
            policy = _read_policy(params["Policy"])
        else:
            statement = _statement(bus, params)
            kept = [entry for entry in _statements(bus) if entry.get("Sid") != statement["Sid"]]
            policy = {"Version": "2012-10-17", "Statement": [*kept, statement]}
        self._store_policy(bus, policy)
        return {}

    @operation("RemovePermission", "EventBusName StatementId RemoveAllPermissions")
    def remove_permission(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemovePermission.html"""
        bus = self.existing_bus(call, params)
        if params.get("RemoveAllPermissions"):
            self._store_policy(bus, None)
            return {}
        statements = _statements(bus)
        kept = [entry for entry in statements if entry.get("Sid") != params.get("StatementId")]
        if len(kept) == len(statements):
            raise not_found(_ABSENT)
        self._store_policy(bus, {"Version": "2012-10-17", "Statement": kept} if kept else None)
        return {}

    def _store_policy(self, bus: Bus, policy: dict[str, Any] | None) -> None:
        text = None if policy is None else msgspec.json.encode(policy).decode()
        self.store.change_bus(bus, description=bus.description, policy=text)


def _description(bus: Bus) -> Answer:
    return {"Description": bus.description} if bus.description else {}


def _described(bus: Bus) -> Answer:
    return {
        "Name": bus.name,
        "Arn": str(bus.arn),
        **_description(bus),
        **({"Policy": bus.policy} if bus.policy else {}),
        "CreationTime": bus.created,
        "LastModifiedTime": bus.modified,
    }


def _read_policy(text: str) -> dict[str, Any]:
    try:
        policy = msgspec.json.decode(text)
    except msgspec.DecodeError:
        policy = None
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise invalid("Parameter Policy is not valid.")
    return policy


def _statements(bus: Bus) -> list[dict[str, Any]]:
    if bus.policy is None:
        return []
    found = msgspec.json.decode(bus.policy)["Statement"]
    return found if isinstance(found, list) else [found]


def _statement(bus: Bus, params: Params) -> dict[str, Any]:
    for member in ("Action", "Principal", "StatementId"):
        if not params.get(member):
            raise invalid(f"Parameter {member} must be specified.")
    if params["Action"] != "events:PutEvents":
        raise invalid("Provided value in parameter 'action' is not supported.")
    principal = params["Principal"]
    statement = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": params["Action"],
        "Resource": str(bus.arn),
    }
    if condition := params.get("Condition"):
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement
