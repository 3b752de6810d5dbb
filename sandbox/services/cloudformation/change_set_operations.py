"""Change sets: what a deployment would do, to be looked at and executed.

Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
"""

from __future__ import annotations

import msgspec

from sandbox.model.arn import change_set_arn, stack_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.stacks import TemplateSummary
from sandbox.services.base import Answer, Params, operation
from sandbox.services.cloudformation import answers
from sandbox.services.cloudformation.core import HOLD, paged
from sandbox.services.cloudformation.errors import exists, invalid, no_change_set, no_stack
from sandbox.services.cloudformation.records import ChangeSetRow, Inputs, StackRow
from sandbox.services.cloudformation.requests import check_capabilities
from sandbox.services.cloudformation.stack_operations import (
    NOTHING_TO_DO,
    StackOperations,
    check_mode,
    new_name,
    on_failure_of,
)

_SAME = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


class ChangeSetOperations(StackOperations):
    """Operations on change sets."""

    @operation(
        "CreateChangeSet",
        "StackName ChangeSetName ChangeSetType TemplateBody TemplateURL UsePreviousTemplate Parameters "
        "Capabilities RoleARN Tags Description ClientToken OnStackFailure NotificationARNs "
        "IncludeNestedStacks ImportExistingResources DeploymentConfig",
    )
    async def create_change_set(self, call: Call, params: Params) -> Answer:
        """Plans a deployment, beside the request."""
        if params.get("NotificationARNs"):
            raise NotImplementedByName(self.name, "parameter NotificationARNs of CreateChangeSet")
        check_mode(params)
        kind = params.get("ChangeSetType", "UPDATE")
        if kind not in ("CREATE", "UPDATE"):
            raise NotImplementedByName(self.name, f"ChangeSetType {kind}")
        old = self._stack_to_change(call, params, kind)
        previous = old.inputs if old is not None and kind == "UPDATE" else None
        text = await self.requests.text(call, params, previous.template if previous else None)
        inputs, summary = await self.requests.inputs(call, params, text, previous)
        if not summary.transforms:
            check_capabilities(inputs, summary, direct=False)
        row = self._stack_to_change(call, params, kind) or self._reviewed(call, new_name(params))
        name = params.get("ChangeSetName") or ""
        if any(one.name == name for one in self._of_stack(call, row)):
            raise AwsError("AlreadyExistsException", f"ChangeSet {name} already exists")
        change_set = ChangeSetRow(
            str(change_set_arn(call.scope, name, self.kit.ids.uuid())),
            name,
            row.stack_id,
            row.name,
            kind,
            inputs,
            self.clock.now(),
            description=params.get("Description", ""),
            on_failure=params.get("OnStackFailure", ""),
        )
        self.book.save_change_set(call.scope, change_set)
        self.worker.begin(change_set.change_set_id, self._fill(call, row, change_set, summary))
        return {"Id": change_set.change_set_id, "StackId": row.stack_id}

    @operation("DescribeChangeSet", "ChangeSetName StackName NextToken IncludePropertyValues")
    async def describe_change_set(self, call: Call, params: Params) -> Answer:
        """A change set; of one that is being made, the answer waits for the end for a while."""
        await self.worker.ended(self.change_set(call, params).change_set_id, HOLD)
        answer = answers.change_set(self.change_set(call, params))
        numbered = list(enumerate(answer["Changes"]))
        changes, more = paged(numbered, params, lambda one: (one[0],))
        shown = [
            change if params.get("IncludePropertyValues") else answers.without_values(change)
            for _, change in changes
        ]
        return {**answer, "Changes": shown, **more}

    @operation("DescribeEvents", "StackName ChangeSetName Filters NextToken")
    def describe_events(self, call: Call, params: Params) -> Answer:
        """What happened to a stack, or why a change set could not be made, the newest first.

        Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
        """
        failed = bool((params.get("Filters") or {}).get("FailedEvents"))
        if params.get("ChangeSetName"):
            row = self.change_set(call, params)
            return {"OperationEvents": [answers.refusal(row)] if row.status == "FAILED" else []}
        stack = self.find(call, params.get("StackName") or "")
        found = [one for one in self.book.events(stack.stack_id) if not failed or one.failed]
        events, more = paged(found, params, lambda one: (-one.number,))
        shown = [answers.operation_event(one, stack.stack_id) for one in events]
        return {"OperationEvents": shown, **more}

    @operation("ListChangeSets", "StackName NextToken")
    def list_change_sets(self, call: Call, params: Params) -> Answer:
        """The change sets of a stack."""
        row = self.find(call, params.get("StackName") or "")
        rows, more = paged(self._of_stack(call, row), params, lambda one: (one.created, one.change_set_id))
        return {"Summaries": [answers.change_set_summary(one) for one in rows], **more}

    @operation("ExecuteChangeSet", "ChangeSetName StackName ClientRequestToken DisableRollback")
    def execute_change_set(self, call: Call, params: Params) -> Answer:
        """Does what a change set says, beside the request; the stack's other change sets are gone then."""
        change_set = self.change_set(call, params)
        if change_set.execution != "AVAILABLE":
            raise AwsError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current status of "
                f"[{change_set.status}]",
            )
        said = {"OnStackFailure": change_set.on_failure} if change_set.on_failure else {}
        on_failure = on_failure_of(
            {**said, **({"DisableRollback": True} if params.get("DisableRollback") else {})}
        )
        token = params.get("ClientRequestToken", "")
        if change_set.kind == "CREATE":
            row = self.find(call, change_set.stack_id)
            row = self.worker.enter(
                call.scope,
                row,
                "CREATE_IN_PROGRESS",
                "User Initiated",
                inputs=change_set.inputs,
                on_failure=on_failure,
                token=token,
                change_set_id=change_set.change_set_id,
            )
            self.worker.begin(row.stack_id, self.worker.create(call.scope, row, call.hop))
        else:
            row = self.updatable(call, change_set.stack_id)
            inputs, identity = change_set.inputs, change_set.change_set_id
            self.begin_update(call, row, inputs, on_failure, token, identity)
        for other in self._of_stack(call, row):
            self.book.forget_change_set(call.scope, other.change_set_id)
        done = msgspec.structs.replace(change_set, execution="EXECUTE_COMPLETE")
        self.book.save_change_set(call.scope, done)
        return {}

    @operation("DeleteChangeSet", "ChangeSetName StackName")
    async def delete_change_set(self, call: Call, params: Params) -> Answer:
        """Forgets a change set; one that does not exist is gone already."""
        try:
            change_set = self.change_set(call, params)
        except AwsError as error:
            if error.code == "ChangeSetNotFound":
                return {}
            raise
        await self.worker.ended(change_set.change_set_id, HOLD)
        self.book.forget_change_set(call.scope, change_set.change_set_id)
        return {}

    # --- inside ------------------------------------------------------------------------------------------
    def change_set(self, call: Call, params: Params) -> ChangeSetRow:
        """A change set by its ARN, or by its name and its stack's.

        Raises:
            AwsError: `ChangeSetNotFound`, `ValidationError`.
        """
        name = params.get("ChangeSetName") or ""
        if not name.startswith("arn:") and not params.get("StackName"):
            raise invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
        if name.startswith("arn:"):
            self.worker.settle(call.scope)
            found = self.book.change_sets(call.scope)
        else:
            found = self._of_stack(call, self.find(call, params["StackName"]))
        for row in found:
            if name in (row.change_set_id, row.name):
                return row
        raise no_change_set(name)

    def _of_stack(self, call: Call, row: StackRow) -> list[ChangeSetRow]:
        return [one for one in self.book.change_sets(call.scope) if one.stack_id == row.stack_id]

    def _stack_to_change(self, call: Call, params: Params, kind: str) -> StackRow | None:
        """The stack that a change set is for; None where it is to be made."""
        name = params.get("StackName") or ""
        if kind == "UPDATE":
            row = self.find(call, name)
            if row.status == "REVIEW_IN_PROGRESS":
                raise no_stack(name)
            return self.updatable(call, name)
        found = self.living(call, name)
        if found is not None and found.status != "REVIEW_IN_PROGRESS":
            raise exists(name)
        return found

    def _reviewed(self, call: Call, name: str) -> StackRow:
        stack_id = str(stack_arn(call.scope, name, self.kit.ids.uuid()))
        row = StackRow(stack_id, name, "REVIEW_IN_PROGRESS", Inputs(""), self.clock.now())
        return self.worker.enter(call.scope, row, "REVIEW_IN_PROGRESS", "User Initiated")

    async def _fill(
        self, call: Call, row: StackRow, change_set: ChangeSetRow, summary: TemplateSummary
    ) -> None:
        """Finds out what a change set changes."""
        reason, changes = "", []
        inputs = change_set.inputs
        try:
            changes = await self.planned(call, row.name, row.stack_id, inputs)
            check_capabilities(inputs, summary, changes, direct=False)
            if change_set.kind == "UPDATE" and await self.is_the_same(row, inputs, summary, changes):
                reason = NOTHING_TO_DO if summary.transforms else _SAME
        except AwsError as error:
            reason = error.message
        self.book.save_change_set(
            call.scope,
            msgspec.structs.replace(
                change_set,
                status="FAILED" if reason else "CREATE_COMPLETE",
                execution="UNAVAILABLE" if reason else "AVAILABLE",
                reason=reason,
                changes=tuple(answers.change(one) for one in changes if one.action != "unchanged"),
            ),
        )
