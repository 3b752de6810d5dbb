"""The STS operations that need no permissions: AWS STS API Reference, GetCallerIdentity."""

from __future__ import annotations

from sandbox.model.arn import root_arn
from sandbox.model.call import Call
from sandbox.services.base import Answer, Params, Service, operation


class StsService(Service):
    """Answers who signed a request; roles are assumed by execution environments only, until IAM acts."""

    name = "sts"
    NOT_CHECKED = ("signatures: any secret key is taken",)

    @operation("GetCallerIdentity")
    def get_caller_identity(self, call: Call, params: Params) -> Answer:
        """The account and principal of the caller's access key."""
        if call.caller.arn and not call.caller.arn.endswith(":root"):
            unique = f"{call.caller.access_key}:{call.caller.arn.rsplit('/', 1)[-1]}"
            return {"UserId": unique, "Account": call.scope.account, "Arn": call.caller.arn}
        return {
            "UserId": call.scope.account,
            "Account": call.scope.account,
            "Arn": str(root_arn(call.scope.account)),
        }
