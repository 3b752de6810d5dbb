"""Operations on versions and aliases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.arn import function_arn
from sandbox.model.call import Call
from sandbox.model.lambda_errors import conflict, function_not_found, invalid, resource_not_found
from sandbox.model.lambda_limits import Violations
from sandbox.model.lambda_names import LATEST
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.paging import page
from sandbox.services.lambda_.parts import LambdaParts, check_revision
from sandbox.services.lambda_.records import Alias, Function

_ALIAS_NAME = r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"
_VERSION = r"(\$LATEST|[0-9]+)"
_WEIGHTS = "routingConfig.additionalVersionWeights"
_KEY_RULE = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have "
    "length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, "
    "Member must not be null]"
)
_VALUE_RULE = (
    "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
    "Member must have value greater than or equal to 0.0, Member must not be null]"
)


class VersionOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html, API_CreateAlias.html and
    their siblings.
    """

    # --- versions ----------------------------------------------------------------------------------------
    @operation("PublishVersion", "FunctionName CodeSha256 Description RevisionId")
    async def publish_version(self, call: Call, params: Params) -> Answer:
        """Publishes what `$LATEST` is now as a version that never changes."""
        function = self.functions.named(params, call.scope)
        check_revision(function.revision, params)
        found = Violations()
        found.longest(params.get("Description"), "description", 256)
        found.check()
        version = await self.versions.publish(function, params.get("Description"), params.get("CodeSha256"))
        return self._show(version)

    @operation("ListVersionsByFunction", "FunctionName Marker MaxItems")
    def list_versions_by_function(self, call: Call, params: Params) -> Answer:
        """`$LATEST` and the published versions, oldest first."""
        function = self.functions.named(params, call.scope)
        records = [function, *self.functions.versions(function).values()]
        shown, marker = page(
            records, params, lambda one: "" if one.version == LATEST else one.version.zfill(10)
        )
        return {"Versions": [self._show_version(record) for record in shown], **marker}

    # --- aliases -----------------------------------------------------------------------------------------
    @operation("CreateAlias", "FunctionName Name FunctionVersion Description RoutingConfig")
    def create_alias(self, call: Call, params: Params) -> Answer:
        """Gives a version a name."""
        function = self.functions.named(params, call.scope)
        name = params["Name"]
        _check_alias(params)
        if name in function.aliases:
            raise conflict(f"Alias already exists: {function_arn(function.scope, function.name, name)}")
        self._check_version(function, params["FunctionVersion"])
        alias = Alias(
            name=name,
            version=params["FunctionVersion"],
            revision=self.kit.ids.uuid(),
            description=params.get("Description") or "",
            weights=self._weights(function, params["FunctionVersion"], params.get("RoutingConfig")),
        )
        return self._put_alias(function, alias)

    @operation("UpdateAlias", "FunctionName Name FunctionVersion Description RoutingConfig RevisionId")
    def update_alias(self, call: Call, params: Params) -> Answer:
        """Points an alias elsewhere, or changes how it divides invocations."""
        function, alias = self._alias(call, params)
        check_revision(alias.revision, params)
        _check_alias(params)
        version = params.get("FunctionVersion") or alias.version
        self._check_version(function, version)
        routing = params.get("RoutingConfig")
        if routing is None:
            routing = {"AdditionalVersionWeights": alias.weights}
        changed = msgspec.structs.replace(
            alias,
            version=version,
            revision=self.kit.ids.uuid(),
            description=params.get("Description", alias.description),
            weights=self._weights(function, version, routing),
        )
        return self._put_alias(function, changed)

    @operation("GetAlias", "FunctionName Name")
    def get_alias(self, call: Call, params: Params) -> Answer:
        """One alias."""
        return _describe(*self._alias(call, params))

    @operation("ListAliases", "FunctionName FunctionVersion Marker MaxItems")
    def list_aliases(self, call: Call, params: Params) -> Answer:
        """The aliases of a function by name, or those of one version."""
        function = self.functions.named(params, call.scope)
        wanted = params.get("FunctionVersion")
        found = [
            alias
            for _, alias in sorted(function.aliases.items())
            if wanted is None or alias.version == wanted or wanted in alias.weights
        ]
        shown, marker = page(found, params, lambda alias: alias.name)
        return {"Aliases": [_describe(function, alias) for alias in shown], **marker}

    @operation("DeleteAlias", "FunctionName Name")
    def delete_alias(self, call: Call, params: Params) -> Answer:
        """Takes a name away, with what hung on it; one that does not exist is no error, as on AWS."""
        function = self.functions.named(params, call.scope)
        name = params["Name"]
        changed = self.functions.amend(
            function,
            aliases={key: alias for key, alias in function.aliases.items() if key != name},
            policies={key: policy for key, policy in function.policies.items() if key != name},
            invoke_configs={key: config for key, config in function.invoke_configs.items() if key != name},
            urls={key: url for key, url in function.urls.items() if key != name},
            provisioned={key: kept for key, kept in function.provisioned.items() if key != name},
        )
        self.provisioning.reconcile(changed)
        return {}

    def _alias(self, call: Call, params: Params) -> tuple[Function, Alias]:
        function = self.functions.named(params, call.scope)
        alias = function.aliases.get(params["Name"])
        if alias is None:
            arn = function_arn(function.scope, function.name, params["Name"])
            raise resource_not_found(f"Cannot find alias arn: {arn}")
        return function, alias

    def _check_version(self, function: Function, version: str) -> None:
        if version != LATEST and version not in self.functions.versions(function):
            raise function_not_found(str(function_arn(function.scope, function.name, version)))

    def _weights(
        self, function: Function, version: str, routing: Mapping[str, Any] | None
    ) -> dict[str, float]:
        """The shares of a routing configuration.

        Raises:
            AwsError: a share is out of range, or a version does not exist or cannot share.
        """
        weights: dict[str, float] = dict((routing or {}).get("AdditionalVersionWeights") or {})
        found = Violations()
        for other, share in weights.items():
            if not other.isdigit():
                found.add(f"{{{other}={share}}}", _WEIGHTS, _KEY_RULE)
            elif not 0.0 <= share <= 1.0:
                found.add(f"{{{other}={share}}}", _WEIGHTS, _VALUE_RULE)
        found.check()
        if len(weights) > 1:
            raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
        for other in weights:
            if other == version:
                raise invalid(
                    f"Invalid function version {other}. Function version {other} is already included in "
                    "routing configuration."
                )
            if version == LATEST:
                raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
            self._check_version(function, other)
        return weights

    def _put_alias(self, function: Function, alias: Alias) -> Answer:
        changed = self.functions.amend(function, aliases={**function.aliases, alias.name: alias})
        self.mappings.wake(changed)
        self.provisioning.reconcile(changed)
        return _describe(changed, alias)


def _check_alias(params: Params) -> None:
    found = Violations()
    found.pattern(params["Name"], "name", _ALIAS_NAME)
    found.longest(params["Name"], "name", 128)
    found.pattern(params.get("FunctionVersion"), "functionVersion", _VERSION)
    found.longest(params.get("Description"), "description", 256)
    found.check()


def _describe(function: Function, alias: Alias) -> Answer:
    answer: Answer = {
        "AliasArn": str(function_arn(function.scope, function.name, alias.name)),
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    }
    if alias.weights:
        answer["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return answer
