"""Every type that can be deployed, by name, and why others cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sandbox.deploy.resources import (
    apigateway,
    apigateway_parts,
    apigateway_plans,
    apigatewayv2,
    cloudwatch,
    configuration,
    custom,
    dynamodb,
    dynamodb_global,
    ecr,
    event_archive,
    event_connections,
    events,
    iam,
    kms,
    lambda_function,
    lambda_versions,
    lambda_wiring,
    logs,
    nested_stack,
    network,
    rds,
    scheduler,
    secret_attachment,
    security_groups,
    sns,
    sqs,
    storage,
)
from sandbox.deploy.resources.base import ResourceType
from sandbox.deploy.resources.custom import CustomResource, is_custom
from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.template.declarations import ResourceDeclaration
from sandbox.deploy.template.problem import Problem, Problems

TYPES: Mapping[str, ResourceType] = {
    handler.type: handler
    for module in (
        apigateway,
        apigateway_parts,
        apigateway_plans,
        apigatewayv2,
        cloudwatch,
        configuration,
        custom,
        dynamodb,
        dynamodb_global,
        ecr,
        event_archive,
        event_connections,
        events,
        iam,
        kms,
        lambda_function,
        lambda_versions,
        lambda_wiring,
        logs,
        nested_stack,
        network,
        rds,
        scheduler,
        secret_attachment,
        security_groups,
        sns,
        sqs,
        storage,
    )
    for handler in module.TYPES
}


def handler_of(type_: str) -> ResourceType | None:
    """What makes resources of a type; None where nothing does."""
    return TYPES.get(CustomResource.type if is_custom(type_) else type_)


def handler_for(type_: str) -> ResourceType:
    """The same of a type that was checked (`check_types`)."""
    handler = handler_of(type_)
    if handler is None:
        raise KeyError(type_)
    return handler


#: Types that are often met and have a reason of their own.
_REASONS = {
    "AWS::ApiGateway::DomainName": "custom domains are not implemented",
    "AWS::ApiGateway::BasePathMapping": "custom domains are not implemented",
    "AWS::ApiGateway::VpcLink": "there are no VPCs here",
    "AWS::ApiGateway::ClientCertificate": "client certificates are not implemented",
    "AWS::ApiGatewayV2::DomainName": "custom domains are not implemented",
    "AWS::ApiGatewayV2::ApiMapping": "custom domains are not implemented",
    "AWS::ApiGatewayV2::VpcLink": "there are no VPCs here",
    "AWS::AppSync::GraphQLApi": "GraphQL APIs are not implemented",
    "AWS::Pipes::Pipe": "pipes are not implemented",
    "AWS::Serverless::Application": "there is no Serverless Application Repository here; Location may be a"
    " template",
    "AWS::Serverless::GraphQLApi": "GraphQL APIs are not implemented",
    "AWS::Serverless::StateMachine": "state machines are not implemented",
    "AWS::StepFunctions::StateMachine": "state machines are not implemented",
    "AWS::Lambda::CodeSigningConfig": "code signing is not implemented",
    "AWS::Lambda::CapacityProvider": "managed instances are not implemented",
}


def check_types(declarations: Iterable[ResourceDeclaration]) -> None:
    """Refuses types that are not implemented, all at once.

    Raises:
        Problems: the resources whose type is not implemented.
    """
    problems = [
        Problem(
            ("Resources", declaration.logical_id),
            reason,
            "remove the resource, or replace it",
        )
        for declaration in declarations
        if (reason := refusal_of(declaration.type))
    ]
    if problems:
        raise Problems(problems)


def refusal_of(type_: str) -> str:
    """Why a type cannot be deployed; empty where it can."""
    if handler_of(type_) is not None:
        return ""
    reason = _REASONS.get(type_)
    if reason:
        return f"{type_}: {reason}"
    if type_.startswith("Custom::"):
        return f"{type_}: after Custom:: come 1 to 60 letters, digits, _, @ and -"
    return f"the type {type_} is not implemented.{did_you_mean(type_, TYPES, alike=0.85)}"
