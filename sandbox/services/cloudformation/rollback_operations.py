"""Going back by hand: from what failed, and where going back itself has failed.

Pages: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html
"""

from __future__ import annotations

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.services.base import Answer, Params, operation
from sandbox.services.cloudformation.core import Core
from sandbox.services.cloudformation.errors import invalid
from sandbox.services.cloudformation.records import StackRow


class RollbackOperations(Core):
    """Operations that take changes back."""

    @operation("RollbackStack", "StackName RoleARN ClientRequestToken")
    def rollback_stack(self, call: Call, params: Params) -> Answer:
        """Takes back a creation or an update that failed and was told not to go back by itself."""
        row = self.find(call, params.get("StackName") or "")
        if row.from_files or row.status not in ("CREATE_FAILED", "UPDATE_FAILED"):
            raise invalid(f"Stack:{row.stack_id} is in {row.status} state and can not be rolled back.")
        first = row.status == "CREATE_FAILED" or row.previous is None
        self._go_back(call, params, row, "ROLLBACK" if first else "UPDATE_ROLLBACK")
        return {"StackId": row.stack_id}

    @operation("ContinueUpdateRollback", "StackName RoleARN ResourcesToSkip ClientRequestToken")
    def continue_update_rollback(self, call: Call, params: Params) -> Answer:
        """Tries once more to take an update back."""
        if params.get("ResourcesToSkip"):
            raise NotImplementedByName(self.name, "parameter ResourcesToSkip of ContinueUpdateRollback")
        row = self.find(call, params.get("StackName") or "")
        if row.from_files or row.status != "UPDATE_ROLLBACK_FAILED":
            raise invalid(
                f"Stack:{row.stack_id} is in {row.status} state and can not continue the rollback of an "
                "update."
            )
        self._go_back(call, params, row, "UPDATE_ROLLBACK")
        return {}

    def _go_back(self, call: Call, params: Params, row: StackRow, verb: str) -> None:
        token = params.get("ClientRequestToken", "")
        row = self.worker.enter(call.scope, row, f"{verb}_IN_PROGRESS", "User Initiated", token=token)
        self.worker.begin(row.stack_id, self.worker.go_back(call.scope, row, call.hop))
