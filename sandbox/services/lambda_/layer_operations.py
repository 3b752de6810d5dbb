"""Operations on layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from sandbox.model.arn import is_arn, layer_arn, parse_arn
from sandbox.model.call import Call
from sandbox.model.lambda_errors import conflict, invalid, resource_not_found
from sandbox.model.lambda_limits import RETIRED_RUNTIMES, RUNTIMES, Violations
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.configuration import modified_text
from sandbox.services.lambda_.paging import page
from sandbox.services.lambda_.parts import LambdaParts, check_revision
from sandbox.services.lambda_.records import LayerVersion

_NAME = r"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+"
_VERSION_ARN = (
    r"arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}:\d{12}:layer:"
    r"[a-zA-Z0-9-_]+:[0-9]+"
)
_ARCHITECTURES = ("x86_64", "arm64")


class LayerOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html and its siblings."""

    @operation(
        "PublishLayerVersion",
        "LayerName Content Description CompatibleRuntimes CompatibleArchitectures LicenseInfo",
    )
    async def publish_layer_version(self, call: Call, params: Params) -> Answer:
        """Makes a layer of an archive (or, with S3Bucket=hot-reload, of a folder), or its next version."""
        _check(params)
        scope, name = _layer(params, call.scope)
        package = await self.code.receive(params["Content"], call)
        version = self.layers.publish(
            scope,
            name,
            package,
            description=params.get("Description") or "",
            license=params.get("LicenseInfo") or "",
            runtimes=list(params.get("CompatibleRuntimes") or ()),
            architectures=list(params.get("CompatibleArchitectures") or ()),
        )
        return self._describe(version)

    @operation("GetLayerVersion", "LayerName VersionNumber")
    async def get_layer_version(self, call: Call, params: Params) -> Answer:
        """One version, with where its archive lies."""
        return self._describe(self._version(call, params))

    @operation("GetLayerVersionByArn", "Arn")
    async def get_layer_version_by_arn(self, call: Call, params: Params) -> Answer:
        """One version by its ARN."""
        found = Violations()
        found.pattern(params["Arn"], "arn", _VERSION_ARN)
        found.check()
        arn = parse_arn(params["Arn"])
        version = self.layers.get(arn.scope, arn.resource.split(":")[1], int(arn.name))
        if version is None:
            raise resource_not_found()
        return self._describe(version)

    @operation("ListLayers", "CompatibleRuntime CompatibleArchitecture Marker MaxItems")
    def list_layers(self, call: Call, params: Params) -> Answer:
        """The layers of the caller's account and region with their latest version that fits."""
        _check(params)
        latest = {}
        for name in self.layers.names(call.scope):
            fitting = _fitting(self.layers.versions(call.scope, name), params)
            if fitting:
                latest[name] = fitting[0]
        shown, marker = page(list(latest), params, lambda name: name)
        layers = [
            {
                "LayerName": name,
                "LayerArn": str(layer_arn(call.scope, name)),
                "LatestMatchingVersion": _summary(latest[name]),
            }
            for name in shown
        ]
        return {"Layers": layers, **marker}

    @operation("ListLayerVersions", "LayerName CompatibleRuntime CompatibleArchitecture Marker MaxItems")
    def list_layer_versions(self, call: Call, params: Params) -> Answer:
        """The versions of a layer that fit, newest first."""
        _check(params)
        found = _fitting(self.layers.versions(*_layer(params, call.scope)), params)
        shown, marker = page(found, params, lambda one: f"{2**40 - one.version:014d}")
        return {"LayerVersions": [_summary(version) for version in shown], **marker}

    @operation("DeleteLayerVersion", "LayerName VersionNumber")
    def delete_layer_version(self, call: Call, params: Params) -> Answer:
        """Deletes a version; functions that have it keep it, and one that is not there is no error."""
        scope, name = _layer(params, call.scope)
        number = _number(params)
        if (version := self.layers.get(scope, name, number)) is not None:
            self.layers.put(msgspec.structs.replace(version, deleted=True))
        return {}

    # --- its policy --------------------------------------------------------------------------------------
    @operation(
        "AddLayerVersionPermission",
        "LayerName VersionNumber StatementId Action Principal OrganizationId RevisionId",
    )
    def add_layer_version_permission(self, call: Call, params: Params) -> Answer:
        """Adds a statement to the policy of a version."""
        version = self._version(call, params)
        found = Violations()
        found.one_of(params["Action"], "action", ("lambda:GetLayerVersion",))
        found.check()
        check_revision(version.revision, params)
        name = params["StatementId"]
        if name in version.statements:
            raise conflict(
                f"The statement id ({name}) provided already exists. Please provide a new statement id, or "
                "remove the existing statement."
            )
        principal = params["Principal"]
        statement: dict[str, Any] = {
            "Sid": name,
            "Effect": "Allow",
            "Principal": principal if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
            "Action": params["Action"],
            "Resource": str(version.arn),
        }
        if organization := params.get("OrganizationId"):
            statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": organization}}
        revision = self._put_statements(version, {**version.statements, name: statement})
        return {"Statement": msgspec.json.encode(statement).decode(), "RevisionId": revision}

    @operation("RemoveLayerVersionPermission", "LayerName VersionNumber StatementId RevisionId")
    def remove_layer_version_permission(self, call: Call, params: Params) -> Answer:
        """Removes a statement from the policy of a version."""
        version = self._version(call, params)
        name = params["StatementId"]
        if name not in version.statements:
            raise resource_not_found(f"Statement {name} is not found in resource policy.")
        check_revision(version.revision, params)
        self._put_statements(
            version, {key: value for key, value in version.statements.items() if key != name}
        )
        return {}

    @operation("GetLayerVersionPolicy", "LayerName VersionNumber")
    def get_layer_version_policy(self, call: Call, params: Params) -> Answer:
        """The policy of a version."""
        version = self._version(call, params)
        if not version.statements:
            raise resource_not_found("No policy is associated with the given resource.")
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": list(version.statements.values())}
        return {"Policy": msgspec.json.encode(policy).decode(), "RevisionId": version.revision}

    # --- inside ------------------------------------------------------------------------------------------
    def _version(self, call: Call, params: Params) -> LayerVersion:
        number = _number(params)
        version = self.layers.get(*_layer(params, call.scope), number)
        if version is None:
            raise resource_not_found()
        return version

    def _put_statements(self, version: LayerVersion, statements: dict[str, dict[str, Any]]) -> str:
        revision = self.kit.ids.uuid()
        self.layers.put(msgspec.structs.replace(version, statements=statements, revision=revision))
        return revision

    def _describe(self, version: LayerVersion) -> Answer:
        package = version.package
        return {
            **_summary(version),
            "LayerArn": str(layer_arn(version.scope, version.name)),
            "Content": {
                "Location": self.code.archive(package).as_uri(),
                "CodeSha256": package.sha256,
                "CodeSize": package.size,
            },
        }


def _summary(version: LayerVersion) -> Answer:
    answer: Answer = {
        "LayerVersionArn": str(version.arn),
        "Version": version.version,
        "Description": version.description,
        "CreatedDate": modified_text(version.created),
    }
    if version.runtimes:
        answer["CompatibleRuntimes"] = list(version.runtimes)
    if version.architectures:
        answer["CompatibleArchitectures"] = list(version.architectures)
    if version.license:
        answer["LicenseInfo"] = version.license
    return answer


def _fitting(versions: Sequence[LayerVersion], params: Params) -> list[LayerVersion]:
    runtime, architecture = params.get("CompatibleRuntime"), params.get("CompatibleArchitecture")
    return [
        version
        for version in versions
        if (runtime is None or runtime in version.runtimes)
        and (architecture is None or architecture in version.architectures)
    ]


def _layer(params: Params, scope: Scope) -> tuple[Scope, str]:
    """Where the layer lives that a request names by name or ARN."""
    name = str(params["LayerName"])
    found = Violations()
    found.pattern(name, "layerName", _NAME)
    found.longest(name, "layerName", 140)
    found.check()
    if is_arn(name):
        arn = parse_arn(name)
        return arn.scope, arn.resource.split(":")[1]
    return scope, name


def _number(params: Params) -> int:
    number = int(params["VersionNumber"])
    if number < 1:
        raise invalid("Layer Version Cannot be less than 1")
    return number


def _check(params: Params) -> None:
    found = Violations()
    known = (*RUNTIMES, *sorted(RETIRED_RUNTIMES))
    for runtime in [*(params.get("CompatibleRuntimes") or ()), params.get("CompatibleRuntime")]:
        if runtime is None or not re.fullmatch(r"[a-z]+[0-9.a-z]*", runtime):
            found.one_of(runtime, "compatibleRuntimes", known)
    for architecture in [
        *(params.get("CompatibleArchitectures") or ()),
        params.get("CompatibleArchitecture"),
    ]:
        found.one_of(architecture, "compatibleArchitectures", _ARCHITECTURES)
    found.longest(params.get("Description"), "description", 256)
    found.longest(params.get("LicenseInfo"), "licenseInfo", 512)
    found.check()
    if len(params.get("CompatibleRuntimes") or ()) > 15:
        raise invalid("Layer cannot be compatible with more than 15 runtimes.")
