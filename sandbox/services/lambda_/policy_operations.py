"""Resource policies and tags. Policies are stored and shown; they are not checked yet."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.arn import Arn, is_arn, parse_arn
from sandbox.model.call import Call
from sandbox.model.lambda_errors import conflict, invalid, resource_not_found
from sandbox.model.lambda_limits import Violations
from sandbox.model.lambda_names import LATEST, function_of
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.parts import LambdaParts, check_revision
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import Function, Mapping

MAX_TAGS = 50


class PolicyOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html and its siblings."""

    @operation(
        "AddPermission",
        "FunctionName Qualifier StatementId Action Principal SourceArn SourceAccount EventSourceToken "
        "PrincipalOrgID RevisionId FunctionUrlAuthType InvokedViaFunctionUrl",
    )
    def add_permission(self, call: Call, params: Params) -> Answer:
        """Adds a statement to the resource policy of a function, a version or an alias."""
        named = self._with_policy(params, call.scope)
        check_revision(_revision(named), params)
        found = Violations()
        found.pattern(params["StatementId"], "statementId", r"([a-zA-Z0-9-_]+)")
        found.check()
        name = params["StatementId"]
        policy = _policy(named)
        if name in policy:
            raise conflict(
                f"The statement id ({name}) provided already exists. Please provide a new statement id, "
                "or remove the existing statement."
            )
        statement = _statement(params, named.arn)
        self._put_policy(named, {**policy, name: statement})
        return {"Statement": msgspec.json.encode(statement).decode()}

    @operation("RemovePermission", "FunctionName Qualifier StatementId RevisionId")
    def remove_permission(self, call: Call, params: Params) -> Answer:
        """Removes a statement from a resource policy."""
        named = self._with_policy(params, call.scope)
        policy = _policy(named)
        name = params["StatementId"]
        if not policy:
            raise resource_not_found("No policy is associated with the given resource.")
        if name not in policy:
            raise resource_not_found(f"Statement {name} is not found in resource policy.")
        check_revision(_revision(named), params)
        self._put_policy(named, {key: value for key, value in policy.items() if key != name})
        return {}

    @operation("GetPolicy", "FunctionName Qualifier")
    def get_policy(self, call: Call, params: Params) -> Answer:
        """The resource policy of a function, a version or an alias."""
        named = self._qualified(params, call.scope)
        statements = _policy(named)
        if not statements:
            raise resource_not_found()
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": list(statements.values())}
        return {"Policy": msgspec.json.encode(policy).decode(), "RevisionId": _revision(named)}

    def _with_policy(self, params: Params, scope: Scope) -> Qualified:
        named = self._qualified(params, scope)
        if named.qualifier == LATEST:
            raise invalid("We currently do not support adding policies for $LATEST.")
        return named

    def _put_policy(self, named: Qualified, policy: dict[str, Any]) -> None:
        """Stores the policy of a qualifier; what it belongs to gets a new revision."""
        function, key = named.function, named.qualifier or ""
        policies = {name: old for name, old in function.policies.items() if name != key}
        if policy:
            policies[key] = policy
        if (alias := named.alias) is not None:
            changed = msgspec.structs.replace(alias, revision=self.kit.ids.uuid())
            aliases = {**function.aliases, alias.name: changed}
            self.functions.amend(function, policies=policies, aliases=aliases)
        else:
            self.functions.revise(function, policies=policies)

    # --- tags --------------------------------------------------------------------------------------------
    @operation("TagResource", "Resource Tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """Sets tags of a function or an event source mapping."""
        resource = self._resource(params)
        tags = {**resource.tags, **params["Tags"]}
        if len(tags) > MAX_TAGS:
            raise invalid("Number of tags exceeds resource tag limit.")
        self._store_tags(resource, tags)
        return {}

    @operation("UntagResource", "Resource TagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags of a function or an event source mapping."""
        resource = self._resource(params)
        gone = set(params["TagKeys"])
        self._store_tags(resource, {key: value for key, value in resource.tags.items() if key not in gone})
        return {}

    @operation("ListTags", "Resource")
    def list_tags(self, call: Call, params: Params) -> Answer:
        """The tags of a function or an event source mapping."""
        return {"Tags": dict(self._resource(params).tags)}

    def _resource(self, params: Params) -> Function | Mapping:
        text = params["Resource"]
        if not is_arn(text):
            raise invalid(f"Resource must be the ARN of a function or an event source mapping, not {text}.")
        arn: Arn = parse_arn(text)
        if arn.resource.startswith("event-source-mapping:"):
            return self.mappings.get(arn.name)
        ref = function_of(arn)
        if ref.qualifier:
            raise invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN."
            )
        return self.functions.require(ref)

    def _store_tags(self, resource: Function | Mapping, tags: dict[str, str]) -> None:
        if isinstance(resource, Function):
            self.functions.amend(resource, tags=tags)
        else:
            self.mappings.amend(msgspec.structs.replace(resource, tags=tags))


def _policy(named: Qualified) -> dict[str, dict[str, Any]]:
    key = "" if named.qualifier in (None, LATEST) else named.qualifier
    return named.function.policies.get(key or "", {})


def _revision(named: Qualified) -> str:
    return named.alias.revision if named.alias is not None else named.main.revision


def _statement(params: Params, resource: str) -> dict[str, Any]:
    """A statement as AWS builds it from the members of AddPermission."""
    conditions: dict[str, dict[str, str]] = {}
    if account := params.get("SourceAccount"):
        conditions.setdefault("StringEquals", {})["AWS:SourceAccount"] = account
    if organization := params.get("PrincipalOrgID"):
        conditions.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = organization
    if token := params.get("EventSourceToken"):
        conditions.setdefault("StringEquals", {})["lambda:EventSourceToken"] = token
    if source := params.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": source}
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(params["Principal"]),
        "Action": params["Action"],
        "Resource": resource,
    }
    if kind := params.get("FunctionUrlAuthType"):
        conditions.setdefault("StringEquals", {})["lambda:FunctionUrlAuthType"] = kind
    if params.get("InvokedViaFunctionUrl") is not None:
        via = "true" if params["InvokedViaFunctionUrl"] else "false"
        conditions.setdefault("Bool", {})["lambda:InvokedViaFunctionUrl"] = via
    if conditions:
        statement["Condition"] = conditions
    return statement


def _principal(given: str) -> str | dict[str, str]:
    if given == "*":
        return given
    if given.isdigit():
        return {"AWS": f"arn:aws:iam::{given}:root"}
    return {"AWS": given} if is_arn(given) else {"Service": given}
