"""Stacks, resources, events and change sets as the API answers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sandbox.model.stacks import DeployedStack, ResourceChange, StackResource, TemplateSummary
from sandbox.services.cloudformation.records import ChangeSetRow, EventRow, Inputs, StackRow
from sandbox.services.cloudformation.requests import AUTO_EXPAND, needed
from sandbox.services.cloudformation.sealing import HIDDEN

_CONTEXTS = frozenset({"BeforeContext", "AfterContext"})
#: What a change set calls the deployer's actions.
_ACTIONS = {"create": "Add", "update": "Modify", "replace": "Modify", "delete": "Remove", "retain": "Remove"}


def stack(row: StackRow, deployed: DeployedStack | None) -> dict[str, Any]:
    """A stack, with the outputs it has."""
    answer = {
        "StackId": row.stack_id,
        "StackName": row.name,
        "ChangeSetId": row.change_set_id or None,
        "Description": row.inputs.description or None,
        "Parameters": _parameters(row.inputs, deployed),
        "CreationTime": row.created,
        "LastUpdatedTime": row.updated,
        "DeletionTime": row.deleted,
        "StackStatus": row.status,
        "StackStatusReason": row.reason or None,
        "DisableRollback": row.on_failure == "DO_NOTHING",
        "NotificationARNs": [],
        "Capabilities": list(row.inputs.capabilities),
        "Outputs": [
            _present(
                {
                    "OutputKey": one.name,
                    "OutputValue": one.value,
                    "Description": one.description or None,
                    "ExportName": one.export,
                }
            )
            for one in (deployed.outputs if deployed else ())
        ],
        "RoleARN": row.inputs.role or None,
        "Tags": _tags(row.inputs),
        "EnableTerminationProtection": row.protected,
        "ParentId": row.parent_id or None,
        "RootId": row.root_id or None,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    return _present(answer)


def stack_summary(row: StackRow) -> dict[str, Any]:
    """A stack as ListStacks shows it."""
    return _present(
        {
            "StackId": row.stack_id,
            "StackName": row.name,
            "TemplateDescription": row.inputs.description or None,
            "ParentId": row.parent_id or None,
            "RootId": row.root_id or None,
            "CreationTime": row.created,
            "LastUpdatedTime": row.updated,
            "DeletionTime": row.deleted,
            "StackStatus": row.status,
            "StackStatusReason": row.reason or None,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        }
    )


def event(row: EventRow, stack_id: str) -> dict[str, Any]:
    """An event of a stack."""
    return _present(
        {
            "StackId": stack_id,
            "EventId": row.event_id,
            "StackName": row.name,
            "LogicalResourceId": row.logical_id,
            "PhysicalResourceId": row.physical_id or None,
            "ResourceType": row.type,
            "Timestamp": row.at,
            "ResourceStatus": row.status,
            "ResourceStatusReason": row.reason or None,
            "ClientRequestToken": row.token or None,
        }
    )


def operation_event(row: EventRow, stack_id: str) -> dict[str, Any]:
    """An event of a stack as DescribeEvents shows it."""
    answer = event(row, stack_id)
    del answer["StackName"]
    return {**answer, "EventType": "PROVISIONING_ERROR" if row.failed else "STACK_EVENT"}


def refusal(row: ChangeSetRow) -> dict[str, Any]:
    """Why a change set could not be made, as DescribeEvents shows it."""
    return {
        "EventId": row.change_set_id,
        "StackId": row.stack_id,
        "OperationId": row.change_set_id,
        "OperationType": "CREATE_CHANGESET",
        "OperationStatus": "FAILED",
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": row.stack_name,
        "PhysicalResourceId": row.stack_id,
        "ResourceType": "AWS::CloudFormation::Stack",
        "Timestamp": row.created,
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": row.reason,
    }


def resource(row: StackRow, one: StackResource, events: Sequence[EventRow]) -> dict[str, Any]:
    """A resource as DescribeStackResources shows it.

    Args:
        events: those of the stack, newest first: the resource's own tell its status and when.
    """
    last = next((found for found in events if found.logical_id == one.logical_id), None)
    status = "CREATE_COMPLETE" if one.ready else "CREATE_IN_PROGRESS"
    return _present(
        {
            "StackName": row.name,
            "StackId": row.stack_id,
            "LogicalResourceId": one.logical_id,
            "PhysicalResourceId": one.physical_id or None,
            "ResourceType": one.type,
            "Timestamp": last.at if last else row.updated or row.created,
            "ResourceStatus": last.status if last else status,
            "ResourceStatusReason": (last.reason if last else "") or None,
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        }
    )


def moved(answer: Mapping[str, Any], when: str) -> dict[str, Any]:
    """A resource in the other forms: their time has another name, and the stack is not repeated."""
    kept = {key: value for key, value in answer.items() if key not in ("Timestamp", "StackName", "StackId")}
    return {**kept, when: answer["Timestamp"]}


def change(one: ResourceChange) -> dict[str, Any]:
    """A change of a change set, with the values that are shown on demand (`without_values`)."""
    found: dict[str, Any] = {
        "Action": _ACTIONS[one.action],
        "LogicalResourceId": one.logical_id,
        "PhysicalResourceId": one.physical_id or None,
        "ResourceType": one.type,
        "Scope": ["Properties"] if one.properties else [],
        "Details": [{"Target": _target(one, name), "Evaluation": "Static"} for name in one.properties],
        "BeforeContext": _context(one.before),
        "AfterContext": _context(one.after),
    }
    if found["Action"] == "Modify":
        found["Replacement"] = "True" if one.action == "replace" else "False"
    if one.action == "retain":
        found["PolicyAction"] = "Retain"
    return {"Type": "Resource", "ResourceChange": _present(found)}


def without_values(found: Mapping[str, Any]) -> dict[str, Any]:
    """A change as it is shown to who does not ask for the values of its properties."""
    kept = {key: one for key, one in found["ResourceChange"].items() if key not in _CONTEXTS}
    kept["Details"] = [
        {**detail, "Target": {key: detail["Target"][key] for key in ("Attribute", "Name")}}
        for detail in kept["Details"]
    ]
    return {**found, "ResourceChange": kept}


def _target(one: ResourceChange, name: str) -> dict[str, str]:
    values = {"BeforeValue": (one.before or {}).get(name), "AfterValue": (one.after or {}).get(name)}
    before, after = values.values()
    return {
        "Attribute": "Properties",
        "Name": name,
        "Path": f"/Properties/{name}",
        "AttributeChangeType": "Add" if before is None else "Remove" if after is None else "Modify",
        **{key: _text(value) for key, value in values.items() if value is not None},
    }


def _context(properties: Mapping[str, Any] | None) -> str | None:
    return None if properties is None else _text({"Properties": properties})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def change_set_summary(row: ChangeSetRow) -> dict[str, Any]:
    """A change set as ListChangeSets shows it."""
    return _present(
        {
            "StackId": row.stack_id,
            "StackName": row.stack_name,
            "ChangeSetId": row.change_set_id,
            "ChangeSetName": row.name,
            "ExecutionStatus": row.execution,
            "Status": row.status,
            "StatusReason": row.reason or None,
            "CreationTime": row.created,
            "Description": row.description or None,
            "IncludeNestedStacks": False,
        }
    )


def change_set(row: ChangeSetRow) -> dict[str, Any]:
    """A change set."""
    return {
        **change_set_summary(row),
        "Parameters": _parameters(row.inputs, None),
        "NotificationARNs": [],
        "Tags": _tags(row.inputs),
        "Capabilities": list(row.inputs.capabilities),
        "Changes": list(row.changes),
        **({"OnStackFailure": row.on_failure} if row.on_failure else {}),
    }


def template_summary(summary: TemplateSummary) -> dict[str, Any]:
    """A template as GetTemplateSummary shows it."""
    capability = needed(summary.types, summary.named)
    types = sorted({type_ for type_ in summary.types.values() if type_.startswith("AWS::IAM::")})
    reasons = [f"The following resource(s) require capabilities: [{', '.join(types)}]"] if capability else []
    if summary.transforms:
        listed = ", ".join(summary.transforms)
        reasons.append(f"The following transform(s) require capabilities: [{listed}]")
    parameters = [
        _present(
            {
                "ParameterKey": one.name,
                "DefaultValue": one.default,
                "ParameterType": one.type,
                "NoEcho": one.secret,
                "Description": one.description or None,
                "ParameterConstraints": {"AllowedValues": list(one.allowed)} if one.allowed else {},
            }
        )
        for one in summary.parameters
    ]
    return _present(
        {
            "Parameters": parameters,
            "Description": summary.description or None,
            "Capabilities": [*filter(None, [capability]), *([AUTO_EXPAND] if summary.transforms else [])],
            "CapabilitiesReason": "; ".join(reasons) or None,
            "ResourceTypes": sorted(set(summary.types.values())),
            "Version": summary.version,
            "DeclaredTransforms": list(summary.transforms),
        }
    )


def _parameters(inputs: Inputs, deployed: DeployedStack | None) -> list[dict[str, str]]:
    """The values; the deployer's record has the defaults as well, and hides what `NoEcho` says."""
    shown: dict[str, str] = {
        name: HIDDEN if name in inputs.secrets else value for name, value in inputs.parameters.items()
    }
    for name, value in (deployed.parameters if deployed else {}).items():
        shown[name] = ",".join(value) if isinstance(value, list) else str(value)
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in sorted(shown.items())]


def _tags(inputs: Inputs) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in inputs.tags.items()]


def _present(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if value is not None}
