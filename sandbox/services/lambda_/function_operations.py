"""Operations on functions: create, change, look up, delete; reserved concurrency."""

from __future__ import annotations

from typing import Any

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.lambda_errors import conflict, invalid
from sandbox.model.lambda_limits import UNZIPPED, ZIPPED, Violations, check_configuration
from sandbox.model.lambda_names import LATEST, parse_function_name
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.configuration import (
    CONFIGURATION_MEMBERS,
    NEUTRAL_MEMBERS,
    fields_of,
    refuse_unsupported,
)
from sandbox.services.lambda_.paging import page
from sandbox.services.lambda_.parts import LambdaParts, check_revision
from sandbox.services.lambda_.records import Function

_STORAGE = 80_530_636_800  # bytes of packages per region, as AWS allows
_ARCHITECTURES = ("x86_64", "arm64")


class FunctionOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and its siblings."""

    @operation(
        "CreateFunction",
        f"FunctionName Code Tags Architectures Publish {CONFIGURATION_MEMBERS} {NEUTRAL_MEMBERS}",
    )
    async def create_function(self, call: Call, params: Params) -> Answer:
        """Creates a function; it is active at once."""
        ref = parse_function_name(params["FunctionName"], call.scope)
        if ref.qualifier not in (None, LATEST):
            raise invalid("The function name of a new function cannot have a qualifier.")
        if not params.get("Runtime") or not params.get("Handler"):
            refuse_unsupported(params)
            raise invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        fields = self._checked(params)
        if self.functions.get(ref.scope, ref.name) is not None:
            raise conflict(f"Function already exist: {ref.name}")
        package = await self.code.receive(params["Code"], call)
        await self.layers.check(fields.get("layers", ()), ref.scope, package)
        await self.specs.prepare(package, fields["runtime"])
        if self.functions.get(ref.scope, ref.name) is not None:  # created by another call meanwhile
            raise conflict(f"Function already exist: {ref.name}")
        function = self.functions.put(
            Function(
                account=ref.scope.account,
                region=ref.scope.region,
                name=ref.name,
                package=package,
                modified=self.clock.now(),
                revision=self.kit.ids.uuid(),
                tags=dict(params.get("Tags") or {}),
                architecture=_architecture(params) or _ARCHITECTURES[0],
                **fields,
            )
        )
        self.mappings.wake(function)
        if params.get("Publish"):
            version = await self.versions.publish(function)
            return self._show(version, str(function.arn))
        return self._show(function)

    @operation("GetFunction", "FunctionName Qualifier")
    def get_function(self, call: Call, params: Params) -> Answer:
        """Configuration, code, tags and reserved concurrency of a function."""
        named = self._qualified(params, call.scope)
        function = named.function
        answer: Answer = {
            "Configuration": self._show(named.main, named.arn),
            "Code": {"RepositoryType": "S3", "Location": self.code.archive(named.main.package).as_uri()},
        }
        if function.tags:
            answer["Tags"] = dict(function.tags)
        if function.reserved is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
        return answer

    @operation("GetFunctionConfiguration", "FunctionName Qualifier")
    def get_function_configuration(self, call: Call, params: Params) -> Answer:
        """Configuration of a function."""
        named = self._qualified(params, call.scope)
        return self._show(named.main, named.arn)

    @operation("ListFunctions", "Marker MaxItems FunctionVersion")
    def list_functions(self, call: Call, params: Params) -> Answer:
        """The functions of the caller's account and region, by name; with `ALL` every version of them."""
        found = Violations()
        found.one_of(params.get("FunctionVersion"), "functionVersion", ("ALL",))
        found.check()
        records = self.functions.of_scope(call.scope)
        if params.get("FunctionVersion") == "ALL":
            records += [version for one in records for version in self.functions.versions(one).values()]
            shown, marker = page(sorted(records, key=_place), params, _place)
            return {"Functions": [self._show_version(record) for record in shown], **marker}
        shown, marker = page(sorted(records, key=_place), params, _place)
        return {"Functions": [self._show(function) for function in shown], **marker}

    @operation(
        "UpdateFunctionCode",
        "FunctionName ZipFile S3Bucket S3Key S3ObjectVersion S3ObjectStorageMode ImageUri SourceKMSKeyArn "
        "Architectures Publish DryRun RevisionId",
    )
    async def update_function_code(self, call: Call, params: Params) -> Answer:
        """Gives a function other code; with `DryRun` it is only checked."""
        function = self.functions.named(params, call.scope)
        refuse_unsupported(params)
        check_revision(function.revision, params)
        package = await self.code.receive(params, call)
        await self.layers.check(function.layers, function.scope, package)
        await self.specs.prepare(package, function.runtime)
        changed: dict[str, Any] = {"package": package}
        if architecture := _architecture(params):
            changed["architecture"] = architecture
        return await self._change(call, params, changed)

    @operation(
        "UpdateFunctionConfiguration", f"FunctionName RevisionId {CONFIGURATION_MEMBERS} {NEUTRAL_MEMBERS}"
    )
    async def update_function_configuration(self, call: Call, params: Params) -> Answer:
        """Changes what the request names of a function's configuration."""
        function = self.functions.named(params, call.scope)
        check_revision(function.revision, params)
        fields = self._checked(params)
        await self.layers.check(fields.get("layers", ()), function.scope, function.package)
        if fields.get("runtime", function.runtime) != function.runtime:
            await self.specs.prepare(function.package, fields["runtime"])
        return await self._change(call, params, fields)

    @operation("DeleteFunction", "FunctionName Qualifier")
    async def delete_function(self, call: Call, params: Params) -> Answer:
        """Deletes a function and its queued events; its event source mappings stay, as on AWS."""
        ref = parse_function_name(params["FunctionName"], call.scope, params.get("Qualifier"))
        if ref.qualifier == LATEST:
            raise invalid("$LATEST version cannot be deleted without deleting the function.")
        function = self.functions.require(ref)
        if ref.qualifier is not None:
            await self.versions.delete(function, ref.qualifier)
            self.provisioning.reconcile(function)
            return {"StatusCode": 204}
        gone = [function, *self.functions.versions(function).values()]
        self.functions.delete(function)
        self.events.forget(function)
        self.provisioning.forget(gone)
        self.concurrency.changed(function.scope)
        await self.specs.retire(gone)
        return {"StatusCode": 204}

    # --- concurrency -------------------------------------------------------------------------------------
    @operation("PutFunctionConcurrency", "FunctionName ReservedConcurrentExecutions")
    def put_function_concurrency(self, call: Call, params: Params) -> Answer:
        """Reserves concurrency for a function, which is also the most it may use."""
        function = self.functions.named(params, call.scope)
        amount = int(params["ReservedConcurrentExecutions"])
        found = Violations()
        found.between(amount, "reservedConcurrentExecutions", 0, 2**31 - 1)
        found.check()
        self.concurrency.check_reservation(function, amount)
        self.functions.amend(function, reserved=amount)
        self.concurrency.changed(function.scope)
        return {"ReservedConcurrentExecutions": amount}

    @operation("GetFunctionConcurrency", "FunctionName")
    def get_function_concurrency(self, call: Call, params: Params) -> Answer:
        """What is reserved for a function; an empty answer when nothing is."""
        reserved = self.functions.named(params, call.scope).reserved
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    @operation("DeleteFunctionConcurrency", "FunctionName")
    def delete_function_concurrency(self, call: Call, params: Params) -> Answer:
        """Lets a function use the account's unreserved concurrency again."""
        function = self.functions.named(params, call.scope)
        self.functions.amend(function, reserved=None)
        self.concurrency.changed(function.scope)
        return {}

    @operation("GetAccountSettings")
    def get_account_settings(self, call: Call, params: Params) -> Answer:
        """Limits of the account, and what it uses of them."""
        functions = self.functions.of_scope(call.scope)
        return {
            "AccountLimit": {
                "TotalCodeSize": _STORAGE,
                "CodeSizeUnzipped": UNZIPPED,
                "CodeSizeZipped": ZIPPED,
                "ConcurrentExecutions": self.concurrency.limit,
                "UnreservedConcurrentExecutions": self.concurrency.unreserved(call.scope),
            },
            "AccountUsage": {
                "TotalCodeSize": sum(function.package.size for function in functions),
                "FunctionCount": len(functions),
            },
        }

    # --- inside ------------------------------------------------------------------------------------------
    def _checked(self, params: Params) -> dict[str, Any]:
        check_configuration(params)
        refuse_unsupported(params)
        return fields_of(params, self.destinations)

    async def _change(self, call: Call, params: Params, fields: dict[str, Any]) -> Answer:
        """Stores a change on top of what the function is now: it may have changed while code was received."""
        function = self.functions.named(params, call.scope)
        check_revision(function.revision, params)
        if params.get("DryRun"):
            return self._show(function)
        function = self.functions.change(function, **fields)
        await self.specs.retire([function])
        if params.get("Publish"):
            return self._show(await self.versions.publish(function))
        return self._show(function)


def _place(function: Function) -> str:
    """Sorts functions by name, `$LATEST` before the versions in their order."""
    return f"{function.name}:{'' if function.version == LATEST else function.version.zfill(10)}"


def _architecture(params: Params) -> str | None:
    wanted = params.get("Architectures")
    if not wanted:
        return None
    found = Violations()
    found.one_of(wanted[0], "architectures", _ARCHITECTURES)
    found.check()
    if len(wanted) > 1:
        raise NotImplementedByName("lambda", "more than one value in Architectures")
    return str(wanted[0])
