"""Operations on provisioned concurrency, and on what happens to invocations in a loop."""

from __future__ import annotations

from sandbox.model.arn import function_arn
from sandbox.model.call import Call
from sandbox.model.lambda_errors import (
    conflict,
    function_not_found,
    invalid,
    lambda_error,
    resource_not_found,
)
from sandbox.model.lambda_limits import Violations
from sandbox.model.lambda_names import LATEST, parse_function_name
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.configuration import modified_text
from sandbox.services.lambda_.paging import page
from sandbox.services.lambda_.parts import LambdaParts
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Function, Provisioned


class ProvisionedOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html and siblings."""

    @operation("PutProvisionedConcurrencyConfig", "FunctionName Qualifier ProvisionedConcurrentExecutions")
    def put_provisioned_concurrency_config(self, call: Call, params: Params) -> Answer:
        """Keeps environments ready for a version or an alias; they are started now."""
        count = int(params["ProvisionedConcurrentExecutions"])
        found = Violations()
        found.between(count, "provisionedConcurrentExecutions", 1, 2**31 - 1)
        found.check()
        named = self._provisionable(
            call,
            params,
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        )
        function = named.function
        _check_overlap(named)
        others = sum(kept.count for key, kept in function.provisioned.items() if key != named.key)
        if function.reserved is not None and function.reserved < others + count:
            raise invalid(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        self.concurrency.check_provision(function, others + count)
        kept = Provisioned(count=count, modified=self.clock.now())
        changed = self.functions.amend(function, provisioned={**function.provisioned, named.key: kept})
        self.provisioning.reconcile(changed)
        return {
            "RequestedProvisionedConcurrentExecutions": count,
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "IN_PROGRESS",
            "LastModified": modified_text(kept.modified),
        }

    @operation("GetProvisionedConcurrencyConfig", "FunctionName Qualifier")
    def get_provisioned_concurrency_config(self, call: Call, params: Params) -> Answer:
        """How many environments are ready."""
        named = self._provisionable(call, params)
        kept = named.function.provisioned.get(named.key)
        if kept is None:
            raise lambda_error(
                "ProvisionedConcurrencyConfigNotFoundException",
                "No Provisioned Concurrency Config found for this function",
                404,
            )
        return self._describe_provisioned(named, kept)

    @operation("ListProvisionedConcurrencyConfigs", "FunctionName Marker MaxItems")
    def list_provisioned_concurrency_configs(self, call: Call, params: Params) -> Answer:
        """What is kept for the versions and aliases of a function."""
        function = self.functions.named(params, call.scope)
        shown, marker = page(sorted(function.provisioned.items()), params, lambda item: item[0])
        configs = []
        for key, kept in shown:
            arn = function_arn(function.scope, function.name, key)
            named = self.functions.qualified(parse_function_name(str(arn), function.scope))
            configs.append({"FunctionArn": str(arn), **self._describe_provisioned(named, kept)})
        return {"ProvisionedConcurrencyConfigs": configs, **marker}

    @operation("DeleteProvisionedConcurrencyConfig", "FunctionName Qualifier")
    def delete_provisioned_concurrency_config(self, call: Call, params: Params) -> Answer:
        """Keeps nothing ready any more; that nothing was is no error, as on AWS."""
        named = self._provisionable(call, params)
        left = {key: kept for key, kept in named.function.provisioned.items() if key != named.key}
        self.provisioning.reconcile(self.functions.amend(named.function, provisioned=left))
        return {}

    # --- loops -------------------------------------------------------------------------------------------
    @operation("PutFunctionRecursionConfig", "FunctionName RecursiveLoop")
    def put_function_recursion_config(self, call: Call, params: Params) -> Answer:
        """Says whether invocations in a loop are stopped (`Terminate`) or run on (`Allow`)."""
        function = self.functions.named(params, call.scope)
        found = Violations()
        found.one_of(params["RecursiveLoop"], "recursiveLoop", ("Allow", "Terminate"))
        found.check()
        self.functions.amend(function, recursive_loop=params["RecursiveLoop"])
        return {"RecursiveLoop": params["RecursiveLoop"]}

    @operation("GetFunctionRecursionConfig", "FunctionName")
    def get_function_recursion_config(self, call: Call, params: Params) -> Answer:
        """What happens to invocations in a loop."""
        return {"RecursiveLoop": self.functions.named(params, call.scope).recursive_loop}

    # --- inside ------------------------------------------------------------------------------------------
    def _provisionable(
        self,
        call: Call,
        params: Params,
        unpublished: str = "The function resource provided must be an alias or a published version.",
    ) -> Qualified:
        ref = parse_function_name(params["FunctionName"], call.scope, params.get("Qualifier"))
        if ref.qualifier in (None, LATEST):
            raise invalid(unpublished)
        named = self.functions.find(ref)
        if named is None:
            if not ref.qualifier.isdigit() and self.functions.get(ref.scope, ref.name):
                raise resource_not_found(f"Cannot find alias arn: {ref.named_arn}")
            raise function_not_found(ref.named_arn)
        if named.main.version == LATEST:
            raise invalid(unpublished)
        return named

    def _describe_provisioned(self, named: Qualified, kept: Provisioned) -> Answer:
        return {
            **self.provisioning.describe(named, kept),
            "LastModified": modified_text(kept.modified),
        }


def _check_overlap(named: Qualified) -> None:
    """A version and an alias of it cannot both be provisioned."""
    function: Function = named.function
    if named.alias is not None:
        if named.alias.version in function.provisioned:
            raise conflict(
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
                "version"
            )
        return
    pointing = (alias.name for alias in function.aliases.values() if alias.version == named.key)
    if any(name in function.provisioned for name in pointing):
        raise conflict("Version is pointed by a Provisioned Concurrency alias")
