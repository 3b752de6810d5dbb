"""Resource policies and tags. Policies are stored and shown; they are not checked yet."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.arn import Arn, is_arn, parse_arn
from sandbox.model.call import Call
from sandbox.model.lambda_errors import conflict, invalid, resource_not_found, stale_revision
from sandbox.model.lambda_names import function_of
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.parts import LambdaParts
from sandbox.services.lambda_.records import Function, Mapping

MAX_TAGS = 50


class PolicyOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html and its siblings."""

    @operation(
        "AddPermission",
        "FunctionName Qualifier StatementId Action Principal SourceArn SourceAccount EventSourceToken "
        "PrincipalOrgID RevisionId",
    )
    def add_permission(self, call: Call, params: Params) -> Answer:
        """Adds a statement to a function's resource policy."""
        function = self.functions.named(params, call.scope)
        _check_revision(function, params)
        name = params["StatementId"]
        if name in function.statements:
            raise conflict(
                f"The statement id ({name}) provided already exists. Please provide a new statement id, "
                "or remove the existing statement."
            )
        statement = _statement(params, str(function.arn))
        self.functions.change(function, statements={**function.statements, name: statement})
        return {"Statement": msgspec.json.encode(statement).decode()}

    @operation("RemovePermission", "FunctionName Qualifier StatementId RevisionId")
    def remove_permission(self, call: Call, params: Params) -> Answer:
        """Removes a statement from a function's resource policy."""
        function = self.functions.named(params, call.scope)
        _check_revision(function, params)
        name = params["StatementId"]
        if not function.statements:
            raise resource_not_found("No policy is associated with the given resource.")
        if name not in function.statements:
            raise resource_not_found(f"Statement {name} is not found in resource policy.")
        rest = {key: value for key, value in function.statements.items() if key != name}
        self.functions.change(function, statements=rest)
        return {}

    @operation("GetPolicy", "FunctionName Qualifier")
    def get_policy(self, call: Call, params: Params) -> Answer:
        """The resource policy of a function."""
        function = self.functions.named(params, call.scope)
        if not function.statements:
            raise resource_not_found()
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": list(function.statements.values())}
        return {"Policy": msgspec.json.encode(policy).decode(), "RevisionId": function.revision}

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


def _check_revision(function: Function, params: Params) -> None:
    if params.get("RevisionId") not in (None, function.revision):
        raise stale_revision()


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
    if conditions:
        statement["Condition"] = conditions
    return statement


def _principal(given: str) -> str | dict[str, str]:
    if given == "*":
        return given
    if given.isdigit():
        return {"AWS": f"arn:aws:iam::{given}:root"}
    return {"AWS": given} if is_arn(given) else {"Service": given}
