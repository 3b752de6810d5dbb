"""Stacks: creating, updating, deleting and looking at them.

Pages: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html and its
neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import msgspec

from sandbox.model.arn import stack_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.stacks import ResourceChange, StackRequest, TemplateSummary
from sandbox.services.base import Answer, Params, operation
from sandbox.services.cloudformation import answers
from sandbox.services.cloudformation.core import Core, paged
from sandbox.services.cloudformation.errors import exists, invalid
from sandbox.services.cloudformation.records import Inputs, StackRow
from sandbox.services.cloudformation.requests import check_capabilities
from sandbox.services.cloudformation.working import is_ongoing
from sandbox.services.paging import Key

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
_UPDATABLE = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED", "CREATE_FAILED"}
)
NOTHING_TO_DO = "No updates are to be performed."


class StackOperations(Core):
    """Operations on stacks."""

    @operation(
        "CreateStack",
        "StackName TemplateBody TemplateURL Parameters DisableRollback Capabilities RoleARN OnFailure Tags "
        "ClientRequestToken EnableTerminationProtection DeploymentConfig",
    )
    async def create_stack(self, call: Call, params: Params) -> Answer:
        """Makes a stack, beside the request."""
        name = new_name(params)
        on_failure = on_failure_of(params)
        check_mode(params)
        text = await self.requests.text(call, params)
        inputs, summary = await self.requests.inputs(call, params, text)
        self._check_free(call, name)
        stack_id = str(stack_arn(call.scope, name, self.kit.ids.uuid()))
        changes = await self.planned(call, name, stack_id, inputs)
        check_capabilities(inputs, summary, changes, direct=True)
        self._check_free(call, name)
        row = StackRow(
            stack_id,
            name,
            "CREATE_IN_PROGRESS",
            inputs,
            self.clock.now(),
            on_failure=on_failure,
            token=params.get("ClientRequestToken", ""),
            protected=params.get("EnableTerminationProtection", False),
        )
        row = self.worker.enter(call.scope, row, "CREATE_IN_PROGRESS", "User Initiated")
        self.worker.begin(stack_id, self.worker.create(call.scope, row, call.hop))
        return {"StackId": stack_id}

    @operation(
        "UpdateStack",
        "StackName TemplateBody TemplateURL UsePreviousTemplate Parameters Capabilities RoleARN Tags "
        "DisableRollback ClientRequestToken DeploymentConfig",
    )
    async def update_stack(self, call: Call, params: Params) -> Answer:
        """Changes a stack, beside the request."""
        check_mode(params)
        row = self.updatable(call, params.get("StackName") or "")
        text = await self.requests.text(call, params, row.inputs.template)
        inputs, summary = await self.requests.inputs(call, params, text, row.inputs)
        changes = await self.planned(call, row.name, row.stack_id, inputs)
        check_capabilities(inputs, summary, changes, direct=True)
        if await self.is_the_same(row, inputs, summary, changes):
            raise invalid(NOTHING_TO_DO)
        row = self.updatable(call, row.stack_id)
        self.begin_update(call, row, inputs, on_failure_of(params), params.get("ClientRequestToken", ""))
        return {"StackId": row.stack_id}

    @operation(
        "DeleteStack", "StackName RetainResources DeletionMode RoleARN ClientRequestToken DeploymentConfig"
    )
    def delete_stack(self, call: Call, params: Params) -> Answer:
        """Removes a stack, beside the request; one that does not exist is gone already."""
        check_mode(params)
        name = params.get("StackName") or ""
        row = next(
            (one for one in self.all_stacks(call) if one.lives and name in (one.name, one.stack_id)), None
        )
        if row is None:
            return {}
        if row.protected:
            raise invalid(f"Stack [{row.name}] cannot be deleted while TerminationProtection is enabled")
        retain = tuple(params.get("RetainResources") or ())
        forced = params.get("DeletionMode") == "FORCE_DELETE_STACK"
        if forced and row.status != "DELETE_FAILED":
            raise _not_yet(row, "activate DeletionMode FORCE_DELETE_STACK")
        if retain:
            self._check_retained(call, row, retain)
        row = msgspec.structs.replace(row, token=params.get("ClientRequestToken", ""))
        if not is_ongoing(row):
            row = self.worker.enter(call.scope, row, "DELETE_IN_PROGRESS", "User Initiated")
        self.worker.begin(row.stack_id, self.worker.delete(call.scope, row, retain, forced=forced))
        return {}

    @operation("UpdateTerminationProtection", "StackName EnableTerminationProtection")
    def update_termination_protection(self, call: Call, params: Params) -> Answer:
        """Forbids to delete a stack, or allows it."""
        row = self.find(call, params.get("StackName") or "")
        if row.from_files:
            raise invalid(of_files(row.name))
        protected = bool(params.get("EnableTerminationProtection"))
        self.book.save_stack(call.scope, msgspec.structs.replace(row, protected=protected))
        return {"StackId": row.stack_id}

    # --- reading -----------------------------------------------------------------------------------------
    @operation("DescribeStacks", "StackName NextToken")
    async def describe_stacks(self, call: Call, params: Params) -> Answer:
        """Stacks with their outputs; of one that is worked on, the answer waits for the end for a while."""
        name = params.get("StackName")
        found = [await self.held(call, name)] if name else [r for r in self.all_stacks(call) if r.lives]
        deployed = self.deployed(call)
        rows, more = paged(found, params, _newest_first)
        return {"Stacks": [answers.stack(row, deployed.get(row.stack_id)) for row in rows], **more}

    @operation("ListStacks", "StackStatusFilter NextToken")
    def list_stacks(self, call: Call, params: Params) -> Answer:
        """All stacks, those that were deleted too."""
        wanted = params.get("StackStatusFilter")
        found = [row for row in self.all_stacks(call) if not wanted or row.status in wanted]
        rows, more = paged(found, params, _newest_first)
        return {"StackSummaries": [answers.stack_summary(row) for row in rows], **more}

    @operation("DescribeStackEvents", "StackName NextToken")
    def describe_stack_events(self, call: Call, params: Params) -> Answer:
        """What happened to a stack, the newest first."""
        row = self.find(call, params.get("StackName") or "")
        events, more = paged(self.book.events(row.stack_id), params, lambda one: (-one.number,))
        return {"StackEvents": [answers.event(one, row.stack_id) for one in events], **more}

    # --- inside ------------------------------------------------------------------------------------------
    def _check_free(self, call: Call, name: str) -> None:
        if self.living(call, name) is not None:
            raise exists(name)

    def _check_retained(self, call: Call, row: StackRow, names: Collection[str]) -> None:
        """Refuses to retain what is not there, or before a deletion has failed.

        Raises:
            AwsError: `ValidationError`.
        """
        if row.status != "DELETE_FAILED":
            raise _not_yet(row, "specify resources to retain")
        there = {one.logical_id for one in self.deployer.resources(call.scope, row.name, call.endpoint)}
        gone = {one.logical_id for one in self.book.events(row.stack_id)} - there
        if gone.intersection(names):
            raise invalid(
                "The specified resources to retain must be in a valid state. Do not specify resources that "
                "are in the DELETE_COMPLETE state."
            )
        if unknown := [name for name in names if name not in there]:
            raise invalid(f"Resources [{', '.join(unknown)}] do not exist in stack [{row.name}].")

    def updatable(self, call: Call, name: str) -> StackRow:
        """A stack that can be updated now.

        Raises:
            AwsError: `ValidationError`: there is none, or it cannot.
        """
        row = self.find(call, name)
        if row.from_files:
            raise invalid(of_files(row.name))
        if row.status not in _UPDATABLE:
            raise invalid(f"Stack:{row.stack_id} is in {row.status} state and can not be updated.")
        return row

    async def planned(self, call: Call, name: str, stack_id: str, inputs: Inputs) -> list[ResourceChange]:
        """What deploying would do, what stays as it is too.

        Raises:
            AwsError: `ValidationError`, the template cannot be deployed.
        """
        values = self.sealer.open(inputs.parameters, inputs.secrets)
        request = StackRequest(call.scope, name, stack_id, inputs.template, values, call.hop)
        return list(await self.deployer.plan(request))

    async def is_the_same(
        self, row: StackRow, inputs: Inputs, summary: TemplateSummary, changes: list[ResourceChange]
    ) -> bool:
        """Whether an update would change nothing: neither resources nor outputs nor tags."""
        if row.status.endswith("_FAILED") or inputs.tags != row.inputs.tags:
            return False
        if any(change.action != "unchanged" for change in changes):
            return False
        before = await self.requests.summary(row.inputs.template)
        return before.outputs == summary.outputs

    def begin_update(
        self, call: Call, row: StackRow, inputs: Inputs, on_failure: str, token: str, change_set: str = ""
    ) -> None:
        """Lets a stack be updated, and says so."""
        good = {"CREATE_FAILED": None, "UPDATE_FAILED": row.previous}.get(row.status, row.inputs)
        row = self.worker.enter(
            call.scope,
            row,
            "UPDATE_IN_PROGRESS",
            "User Initiated",
            inputs=inputs,
            previous=good,
            on_failure=on_failure,
            token=token,
            updated=self.clock.now(),
            change_set_id=change_set or row.change_set_id,
        )
        self.worker.begin(row.stack_id, self.worker.update(call.scope, row, call.hop))


def _not_yet(row: StackRow, what: str) -> AwsError:
    """The refusal of what only a stack whose deletion failed may be asked for."""
    return invalid(
        f"Invalid operation on stack [{row.stack_id}]. You can {what} in a delete stack operation only when "
        "the stack is in the DELETE_FAILED state."
    )


def _newest_first(row: StackRow) -> Key:
    return (-row.created, row.stack_id)


def of_files(name: str) -> str:
    """Why the API changes nothing of a stack that was deployed from files."""
    return (
        f"Stack [{name}] is deployed from files by the sandbox: change them and run `sandbox deploy`, or "
        "delete the stack and create it anew"
    )


def new_name(params: Params) -> str:
    """The name of a stack that is to be made.

    Raises:
        AwsError: `ValidationError`.
    """
    name = params.get("StackName") or ""
    if not _NAME.fullmatch(name):
        raise invalid(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    return str(name)


def check_mode(params: Params) -> None:
    """Refuses deployments that shall not wait for their resources; those that do are what there is.

    Raises:
        AwsError: `NotImplemented`.
    """
    config = params.get("DeploymentConfig") or {}
    if config.get("Mode", "STANDARD") != "STANDARD":
        raise NotImplementedByName("cloudformation", f"Mode {config['Mode']} of DeploymentConfig")
    if config.get("DisableRollback"):
        raise NotImplementedByName("cloudformation", "DisableRollback of DeploymentConfig")


def on_failure_of(params: Params) -> str:
    """What becomes of a stack that fails.

    Raises:
        AwsError: `ValidationError`, the request says two things.
    """
    disabled, said = params.get("DisableRollback"), params.get("OnFailure") or params.get("OnStackFailure")
    if disabled is not None and said:
        raise invalid("Either DisableRollback or OnFailure can be specified, not both.")
    return "DO_NOTHING" if disabled else said or "ROLLBACK"
