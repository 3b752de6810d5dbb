"""An AWS in memory for the deployer: remembers what exists, and checks calls against botocore's models."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from sandbox.clock import Clock
from sandbox.deploy.answers import AnswerDoor
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from tests.contract.deploy import fake_ec2

Params = dict[str, Any]


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


class FakeBindings:
    """Expands the tokens of databases to an address of documentation."""

    def expand(self, text: str, function: str = "") -> str:
        return text.replace(":address}}", ":5.5.5.5}}").replace("{{sandbox:rds:", "<").replace("}}", ">")


#: Makes custom resources: from a request to what its answer says besides the ids of the request; None for
#: no answer at all.
Provider = Callable[[Params], Params | None]


class FakeAws:
    """Keeps resources by `(kind, name)` and every call in order.

    Attributes:
        providers: makers of custom resources, by the ARN of their function or topic.
        requests: what they were asked, in order.
        ending: how often a deleted event source mapping is looked at until it is gone.
    """

    def __init__(self) -> None:
        self.ending = 0
        self.providers: dict[str, Provider] = {}
        self.requests: list[Params] = []
        #: Set once one was asked.
        self.asked = asyncio.Event()
        #: Real seconds until it is told that an answer takes long.
        self.patience = 60.0
        self._door: AnswerDoor | None = None
        self.calls: list[tuple[str, str, Params]] = []
        self.things: dict[tuple[str, str], Params] = {}
        self.refuse: dict[str, AwsError] = {}
        self._ids = itertools.count(1)

    def open_door(self, clock: Clock) -> AnswerDoor:
        """A new door that the providers answer at."""
        self._door = AnswerDoor(clock, lambda: "http://127.0.0.1:1", self.patience)
        return self._door

    @property
    def door(self) -> AnswerDoor:
        """Where the providers answer."""
        assert self._door is not None
        return self._door

    def _provide(self, token: str, text: str | bytes) -> None:
        request = json.loads(text)
        self.requests.append(request)
        self.asked.set()
        answer = self.providers[token](request)
        if answer is not None:
            same = {name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
            path = request["ResponseURL"].removeprefix("http://127.0.0.1:1")
            body = json.dumps({"Status": "SUCCESS", **same, **answer}).encode()
            asyncio.get_running_loop().call_soon(self.door.take, path, body)

    def _lambda_Invoke(self, p: Params) -> None:  # noqa: N802
        if p["FunctionName"] not in self.providers:
            raise AwsError("ResourceNotFoundException", f"Function not found: {p['FunctionName']}")
        self._provide(p["FunctionName"], p["Payload"])

    def _sns_Publish(self, p: Params) -> None:  # noqa: N802
        self._provide(p["TopicArn"], p["Message"])

    # --- the port ----------------------------------------------------------------------------------------
    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        given = dict(params)
        shape = service_model(service).operation_model(operation).input_shape
        report = ParamValidator().validate(given, shape)
        if report.has_errors():
            raise AssertionError(f"{service}.{operation}: {report.generate_report()}")
        self.calls.append((service, operation, given))
        if (error := self.refuse.get(operation)) is not None:
            raise error
        if service == "ec2":
            return fake_ec2.answer(self.things, next(self._ids), operation, given) or {}
        handler: Callable[[Params], Params | None] = getattr(self, f"_{service}_{operation}", self._nothing)
        return handler(given) or {}

    def made(self, *operations: str) -> list[Params]:
        """The parameters of all calls of these operations."""
        return [params for _, operation, params in self.calls if operation in operations]

    def operations(self) -> list[str]:
        """The names of the operations called, in order, without those that only read."""
        return [op for _, op, _ in self.calls if not op.startswith(("Get", "Describe", "List"))]

    def names(self, kind: str) -> set[str]:
        """The names of what exists of a kind."""
        return {name for held, name in self.things if held == kind}

    def _nothing(self, params: Params) -> None:
        return None

    def _add(self, kind: str, name: str, what: Params) -> None:
        if (kind, name) in self.things:
            raise AwsError(f"{kind}AlreadyExists", f"{name} exists")
        self.things[(kind, name)] = what

    def _find(self, kind: str, name: str, code: str = "ResourceNotFoundException") -> Params:
        if (kind, name) not in self.things:
            raise AwsError(code, f"no {kind} {name}")
        return self.things[(kind, name)]

    def _drop(self, kind: str, name: str, code: str = "ResourceNotFoundException") -> None:
        self._find(kind, name, code)
        del self.things[(kind, name)]

    # --- S3 objects --------------------------------------------------------------------------------------
    def _s3_GetObject(self, p: Params) -> Params:  # noqa: N802
        return {"Body": self._find("object", f"{p['Bucket']}/{p['Key']}", "NoSuchKey")["Body"]}

    # --- KMS ---------------------------------------------------------------------------------------------
    def _kms_CreateKey(self, p: Params) -> Params:  # noqa: N802
        key = f"{next(self._ids):08d}-0000-4000-8000-000000000000"
        self._add("key", key, p)
        return {"KeyMetadata": {"KeyId": key, "Arn": f"arn:aws:kms:us-east-1:000000000000:key/{key}"}}

    def _kms_ScheduleKeyDeletion(self, p: Params) -> None:  # noqa: N802
        self._drop("key", p["KeyId"], "NotFoundException")

    def _kms_CreateAlias(self, p: Params) -> None:  # noqa: N802
        self._add("key alias", p["AliasName"], p)

    def _kms_DeleteAlias(self, p: Params) -> None:  # noqa: N802
        self._drop("key alias", p["AliasName"], "NotFoundException")

    # --- SQS ---------------------------------------------------------------------------------------------
    def _sns_CreateTopic(self, p: Params) -> Params:  # noqa: N802
        arn = f"arn:aws:sns:us-east-1:000000000000:{p['Name']}"
        self._add("topic", arn, p.get("Attributes", {}))
        return {"TopicArn": arn}

    def _sns_GetTopicAttributes(self, p: Params) -> Params:  # noqa: N802
        return {"Attributes": self._find("topic", p["TopicArn"], "NotFoundException")}

    def _sns_DeleteTopic(self, p: Params) -> None:  # noqa: N802
        self.things.pop(("topic", p["TopicArn"]), None)
        for name in self.names("subscription"):
            if name.startswith(p["TopicArn"]):
                del self.things["subscription", name]

    def _sns_Subscribe(self, p: Params) -> Params:  # noqa: N802
        arn = f"{p['TopicArn']}:{next(self._ids)}"
        self._add("subscription", arn, p)
        return {"SubscriptionArn": arn}

    def _sns_ListSubscriptionsByTopic(self, p: Params) -> Params:  # noqa: N802
        names = [name for name in self.names("subscription") if name.startswith(p["TopicArn"])]
        return {"Subscriptions": [{**self.things["subscription", n], "SubscriptionArn": n} for n in names]}

    def _sns_Unsubscribe(self, p: Params) -> None:  # noqa: N802
        self.things.pop(("subscription", p["SubscriptionArn"]), None)

    def _sqs_GetQueueUrl(self, p: Params) -> Params:  # noqa: N802
        self._find("queue", p["QueueName"], "AWS.SimpleQueueService.NonExistentQueue")
        return {"QueueUrl": f"http://127.0.0.1:1/000000000000/{p['QueueName']}"}

    def _sqs_CreateQueue(self, p: Params) -> Params:  # noqa: N802
        self.things[("queue", p["QueueName"])] = dict(p.get("Attributes", {}))
        return {"QueueUrl": f"http://127.0.0.1:1/000000000000/{p['QueueName']}"}

    def _sqs_SetQueueAttributes(self, p: Params) -> None:  # noqa: N802
        name = p["QueueUrl"].rsplit("/", 1)[-1]
        self._find("queue", name, "AWS.SimpleQueueService.NonExistentQueue").update(p["Attributes"])

    def _sqs_DeleteQueue(self, p: Params) -> None:  # noqa: N802
        self._drop("queue", p["QueueUrl"].rsplit("/", 1)[-1], "AWS.SimpleQueueService.NonExistentQueue")

    # --- Lambda ------------------------------------------------------------------------------------------
    def _lambda_CreateFunction(self, p: Params) -> None:  # noqa: N802
        self._add("function", p["FunctionName"], p)

    def _lambda_GetFunctionConfiguration(self, p: Params) -> Params:  # noqa: N802
        self._find("function", p["FunctionName"])
        return {"State": "Active", "LastUpdateStatus": "Successful"}

    def _lambda_DeleteFunction(self, p: Params) -> None:  # noqa: N802
        self._drop("function", ":".join(filter(None, (p["FunctionName"], p.get("Qualifier")))))

    def _lambda_PublishVersion(self, p: Params) -> Params:  # noqa: N802
        version = str(next(self._ids))
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:{p['FunctionName']}:{version}"
        self._add("function", f"{p['FunctionName']}:{version}", p)
        return {"FunctionArn": arn, "Version": version}

    def _lambda_CreateFunctionUrlConfig(self, p: Params) -> Params:  # noqa: N802
        self._add("url", p["FunctionName"], p)
        return {
            "FunctionUrl": f"https://{'a' * 32}.lambda-url.us-east-1.on.aws/",
            "FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{p['FunctionName']}",
        }

    def _lambda_DeleteFunctionUrlConfig(self, p: Params) -> None:  # noqa: N802
        self._drop("url", p["FunctionName"])

    def _lambda_CreateAlias(self, p: Params) -> None:  # noqa: N802
        self._add("alias", p["Name"], p)

    def _lambda_DeleteAlias(self, p: Params) -> None:  # noqa: N802
        self._drop("alias", p["Name"])

    def _lambda_PublishLayerVersion(self, p: Params) -> Params:  # noqa: N802
        arn = f"arn:aws:lambda:us-east-1:000000000000:layer:{p['LayerName']}"
        version = next(self._ids)
        self._add("layer", f"{arn}:{version}", p)
        return {"LayerVersionArn": f"{arn}:{version}"}

    def _lambda_DeleteLayerVersion(self, p: Params) -> None:  # noqa: N802
        self._drop("layer", f"{p['LayerName']}:{p['VersionNumber']}")

    def _lambda_CreateEventSourceMapping(self, p: Params) -> Params:  # noqa: N802
        pair = {key: p[key] for key in ("FunctionName", "EventSourceArn")}
        for name in self.names("mapping"):
            if pair.items() <= self.things["mapping", name].items():
                raise AwsError("ResourceConflictException", f"{name} has the same source and function")
        uuid = str(UUID(int=next(self._ids)))
        self._add("mapping", uuid, p)
        return {"UUID": uuid}

    def _lambda_GetEventSourceMapping(self, p: Params) -> Params:  # noqa: N802
        found = self._find("mapping", p["UUID"])
        if found.get("State") == "Deleting":
            found["looks"] -= 1
            if found["looks"] == 0:
                self._drop("mapping", p["UUID"])
        return found

    def _lambda_DeleteEventSourceMapping(self, p: Params) -> None:  # noqa: N802
        found = self._find("mapping", p["UUID"])
        if found.get("State") == "Deleting":
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.")
        found |= {"State": "Deleting", "looks": self.ending}
        if not self.ending:
            self._drop("mapping", p["UUID"])

    # --- IAM, logs, events -------------------------------------------------------------------------------
    def _iam_CreateRole(self, p: Params) -> Params:  # noqa: N802
        self._add("role", p["RoleName"], p)
        return {"Role": {"Arn": f"arn:aws:iam::000000000000:role/{p['RoleName']}", "RoleId": "AROA1"}}

    def _iam_CreatePolicy(self, p: Params) -> Params:  # noqa: N802
        arn = f"arn:aws:iam::000000000000:policy/{p['PolicyName']}"
        self._add("policy", arn, p)
        return {"Policy": {"Arn": arn}}

    def _iam_ListPolicyVersions(self, p: Params) -> Params:  # noqa: N802
        return {
            "Versions": [
                {"VersionId": "v2", "IsDefaultVersion": True},
                {"VersionId": "v1", "IsDefaultVersion": False},
            ]
        }

    def _iam_DeletePolicy(self, p: Params) -> None:  # noqa: N802
        self._drop("policy", p["PolicyArn"], "NoSuchEntity")

    def _iam_DeleteRole(self, p: Params) -> None:  # noqa: N802
        self._drop("role", p["RoleName"], "NoSuchEntity")

    def _logs_CreateLogGroup(self, p: Params) -> None:  # noqa: N802
        self._add("group", p["logGroupName"], p)

    def _logs_PutResourcePolicy(self, p: Params) -> None:  # noqa: N802
        self.things[("log policy", p["policyName"])] = p

    def _logs_DeleteResourcePolicy(self, p: Params) -> None:  # noqa: N802
        self._drop("log policy", p["policyName"])

    def _logs_DeleteLogGroup(self, p: Params) -> None:  # noqa: N802
        self._drop("group", p["logGroupName"])

    def _events_CreateEventBus(self, p: Params) -> Params:  # noqa: N802
        self._add("bus", p["Name"], p)
        return {"EventBusArn": f"arn:aws:events:us-east-1:000000000000:event-bus/{p['Name']}"}

    def _events_DeleteEventBus(self, p: Params) -> None:  # noqa: N802
        self._drop("bus", p["Name"])

    def _events_CreateConnection(self, p: Params) -> Params:  # noqa: N802
        self._add("connection", p["Name"], p)
        return {"ConnectionArn": f"arn:aws:events:us-east-1:000000000000:connection/{p['Name']}/1"}

    def _events_DeleteConnection(self, p: Params) -> None:  # noqa: N802
        self._drop("connection", p["Name"])

    def _events_CreateApiDestination(self, p: Params) -> Params:  # noqa: N802
        self._add("destination", p["Name"], p)
        return {"ApiDestinationArn": f"arn:aws:events:us-east-1:000000000000:api-destination/{p['Name']}/1"}

    def _events_DeleteApiDestination(self, p: Params) -> None:  # noqa: N802
        self._drop("destination", p["Name"])

    def _scheduler_CreateSchedule(self, p: Params) -> None:  # noqa: N802
        self._add("schedule", p["Name"], p)

    def _scheduler_UpdateSchedule(self, p: Params) -> None:  # noqa: N802
        self._find("schedule", p["Name"])
        self.things[("schedule", p["Name"])] = p

    def _scheduler_DeleteSchedule(self, p: Params) -> None:  # noqa: N802
        self._drop("schedule", p["Name"])

    def _scheduler_CreateScheduleGroup(self, p: Params) -> None:  # noqa: N802
        self._add("schedule group", p["Name"], p)

    def _scheduler_DeleteScheduleGroup(self, p: Params) -> None:  # noqa: N802
        self._drop("schedule group", p["Name"])

    def _events_CreateArchive(self, p: Params) -> Params:  # noqa: N802
        self._add("archive", p["ArchiveName"], p)
        return {"ArchiveArn": f"arn:aws:events:us-east-1:000000000000:archive/{p['ArchiveName']}"}

    def _events_DeleteArchive(self, p: Params) -> None:  # noqa: N802
        self._drop("archive", p["ArchiveName"])

    def _events_DescribeRule(self, p: Params) -> Params:  # noqa: N802
        return self._find("rule", p["Name"])

    def _events_PutRule(self, p: Params) -> None:  # noqa: N802
        self.things[("rule", p["Name"])] = p

    def _events_DeleteRule(self, p: Params) -> None:  # noqa: N802
        self._drop("rule", p["Name"])

    def _events_PutTargets(self, p: Params) -> Params:  # noqa: N802
        return {"FailedEntries": []}

    # --- API Gateway, RDS, SSM ---------------------------------------------------------------------------
    def _apigateway_CreateRestApi(self, p: Params) -> Params:  # noqa: N802
        identity = f"api{next(self._ids)}"
        self._add("api", identity, p)
        return {"id": identity, "rootResourceId": "root"}

    def _apigateway_DeleteRestApi(self, p: Params) -> None:  # noqa: N802
        self._drop("api", p["restApiId"], "NotFoundException")

    def _apigateway_CreateDeployment(self, p: Params) -> Params:  # noqa: N802
        identity = f"dep{next(self._ids)}"
        self._add("deployment", identity, p)
        return {"id": identity}

    def _apigateway_DeleteDeployment(self, p: Params) -> None:  # noqa: N802
        self._drop("deployment", p["deploymentId"], "NotFoundException")

    def _apigateway_GetStage(self, p: Params) -> Params:  # noqa: N802
        return self._find("stage", p["stageName"], "NotFoundException")

    def _apigateway_CreateStage(self, p: Params) -> None:  # noqa: N802
        self._add("stage", p["stageName"], p)

    def _apigateway_DeleteStage(self, p: Params) -> None:  # noqa: N802
        self._drop("stage", p["stageName"], "NotFoundException")

    def _apigateway_CreateResource(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("resource", p)

    def _apigateway_DeleteResource(self, p: Params) -> None:  # noqa: N802
        self._drop("resource", p["resourceId"], "NotFoundException")

    def _apigateway_CreateModel(self, p: Params) -> Params:  # noqa: N802
        self._add("model", p["name"], p)
        return {"name": p["name"]}

    def _apigateway_DeleteModel(self, p: Params) -> None:  # noqa: N802
        self._drop("model", p["modelName"], "NotFoundException")

    def _apigateway_CreateRequestValidator(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("validator", p)

    def _apigateway_DeleteRequestValidator(self, p: Params) -> None:  # noqa: N802
        self._drop("validator", p["requestValidatorId"], "NotFoundException")

    def _apigateway_CreateAuthorizer(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("authorizer", p)

    def _apigateway_DeleteAuthorizer(self, p: Params) -> None:  # noqa: N802
        self._drop("authorizer", p["authorizerId"], "NotFoundException")

    def _apigateway_CreateApiKey(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("key", p)

    def _apigateway_DeleteApiKey(self, p: Params) -> None:  # noqa: N802
        self._drop("key", p["apiKey"], "NotFoundException")

    def _apigateway_CreateUsagePlan(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("plan", p)

    def _apigateway_DeleteUsagePlan(self, p: Params) -> None:  # noqa: N802
        self._drop("plan", p["usagePlanId"], "NotFoundException")

    def _add_rest(self, kind: str, p: Params) -> Params:
        identity = f"{kind}{next(self._ids)}"
        self._add(kind, identity, p)
        return {"id": identity}

    def _apigatewayv2_CreateApi(self, p: Params) -> Params:  # noqa: N802
        identity = f"http{next(self._ids)}"
        self._add("api", identity, p)
        return {"ApiId": identity, "ApiEndpoint": f"https://{identity}.execute-api.us-east-1.amazonaws.com"}

    _apigatewayv2_ImportApi = _apigatewayv2_CreateApi  # noqa: N815

    def _apigatewayv2_DeleteApi(self, p: Params) -> None:  # noqa: N802
        self._drop("api", p["ApiId"], "NotFoundException")

    def _apigatewayv2_GetStage(self, p: Params) -> Params:  # noqa: N802
        return self._find("stage", f"{p['ApiId']}/{p['StageName']}", "NotFoundException")

    def _apigatewayv2_CreateStage(self, p: Params) -> None:  # noqa: N802
        self._add("stage", f"{p['ApiId']}/{p['StageName']}", p)

    def _apigatewayv2_DeleteStage(self, p: Params) -> None:  # noqa: N802
        self._drop("stage", f"{p['ApiId']}/{p['StageName']}", "NotFoundException")

    def _apigatewayv2_CreateDeployment(self, p: Params) -> Params:  # noqa: N802
        return self._add_piece("Deployment", p)

    def _apigatewayv2_DeleteDeployment(self, p: Params) -> None:  # noqa: N802
        self._drop("Deployment", p["DeploymentId"], "NotFoundException")

    def _apigatewayv2_CreateRoute(self, p: Params) -> Params:  # noqa: N802
        return self._add_piece("Route", p)

    def _apigatewayv2_DeleteRoute(self, p: Params) -> None:  # noqa: N802
        self._drop("Route", p["RouteId"], "NotFoundException")

    def _apigatewayv2_CreateIntegration(self, p: Params) -> Params:  # noqa: N802
        return self._add_piece("Integration", p)

    def _apigatewayv2_DeleteIntegration(self, p: Params) -> None:  # noqa: N802
        self._drop("Integration", p["IntegrationId"], "NotFoundException")

    def _apigatewayv2_CreateAuthorizer(self, p: Params) -> Params:  # noqa: N802
        return self._add_piece("Authorizer", p)

    def _apigatewayv2_DeleteAuthorizer(self, p: Params) -> None:  # noqa: N802
        self._drop("Authorizer", p["AuthorizerId"], "NotFoundException")

    def _add_piece(self, kind: str, p: Params) -> Params:
        identity = f"piece{next(self._ids)}"
        self._add(kind, identity, p)
        return {f"{kind}Id": identity}

    def _rds_CreateDBInstance(self, p: Params) -> None:  # noqa: N802
        self._add("database", p["DBInstanceIdentifier"], p)

    def _rds_DescribeDBInstances(self, p: Params) -> Params:  # noqa: N802
        found = self._find("database", p["DBInstanceIdentifier"], "DBInstanceNotFound")
        return {"DBInstances": [{**found, "DBInstanceStatus": "available", "DbiResourceId": "db-1"}]}

    def _rds_CreateDBSubnetGroup(self, p: Params) -> None:  # noqa: N802
        self._add("subnet group", p["DBSubnetGroupName"], p)

    def _rds_ModifyDBSubnetGroup(self, p: Params) -> Params:  # noqa: N802
        name = p["DBSubnetGroupName"]
        self._find("subnet group", name).update(p)
        arn = f"arn:aws:rds:us-east-1:000000000000:subgrp:{name}"
        return {"DBSubnetGroup": {"DBSubnetGroupName": name, "DBSubnetGroupArn": arn}}

    def _rds_DeleteDBSubnetGroup(self, p: Params) -> None:  # noqa: N802
        self._drop("subnet group", p["DBSubnetGroupName"], "DBSubnetGroupNotFoundFault")

    def _rds_DeleteDBInstance(self, p: Params) -> None:  # noqa: N802
        self._drop("database", p["DBInstanceIdentifier"], "DBInstanceNotFound")

    def _ssm_PutParameter(self, p: Params) -> None:  # noqa: N802
        if ("parameter", p["Name"]) in self.things and not p.get("Overwrite"):
            raise AwsError("ParameterAlreadyExists", f"{p['Name']} exists")
        self.things[("parameter", p["Name"])] = p

    def _ssm_GetParameter(self, p: Params) -> Params:  # noqa: N802
        return {"Parameter": {"Value": self._find("parameter", p["Name"], "ParameterNotFound")["Value"]}}

    def _ssm_DeleteParameter(self, p: Params) -> None:  # noqa: N802
        self._drop("parameter", p["Name"], "ParameterNotFound")

    def _secretsmanager_CreateSecret(self, p: Params) -> Params:  # noqa: N802
        arn = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{p['Name']}-AbCdEf"
        self._add("secret", arn, p)
        return {"ARN": arn}

    def _secretsmanager_GetSecretValue(self, p: Params) -> Params:  # noqa: N802
        for (kind, arn), what in self.things.items():
            if kind == "secret" and p["SecretId"] in (arn, what["Name"]):
                return {"ARN": arn, "SecretString": what["SecretString"]}
        raise AwsError("ResourceNotFoundException", "no such secret")

    def _secretsmanager_PutSecretValue(self, p: Params) -> None:  # noqa: N802
        self._find("secret", p["SecretId"])["SecretString"] = p["SecretString"]

    def _secretsmanager_GetRandomPassword(self, p: Params) -> Params:  # noqa: N802
        return {"RandomPassword": "x" * p.get("PasswordLength", 32)}

    def _secretsmanager_DeleteSecret(self, p: Params) -> None:  # noqa: N802
        self._drop("secret", p["SecretId"])

    def _dynamodb_CreateTable(self, p: Params) -> None:  # noqa: N802
        self._add("table", p["TableName"], p)

    def _dynamodb_DescribeTable(self, p: Params) -> Params:  # noqa: N802
        self._find("table", p["TableName"])
        arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{p['TableName']}"
        return {"Table": {"TableStatus": "ACTIVE", "TableArn": arn}}

    def _dynamodb_DeleteTable(self, p: Params) -> None:  # noqa: N802
        self._drop("table", p["TableName"])

    def _ecr_CreateRepository(self, p: Params) -> Params:  # noqa: N802
        name = p["repositoryName"]
        self._add("repository", name, p)
        arn = f"arn:aws:ecr:us-east-1:000000000000:repository/{name}"
        return {"repository": {"repositoryArn": arn, "repositoryUri": f"000000000000.dkr.ecr/{name}"}}

    def _ecr_DeleteRepository(self, p: Params) -> None:  # noqa: N802
        self._drop("repository", p["repositoryName"])

    def _s3_CreateBucket(self, p: Params) -> None:  # noqa: N802
        self._add("bucket", p["Bucket"], p)

    def _s3_DeleteBucket(self, p: Params) -> None:  # noqa: N802
        self._drop("bucket", p["Bucket"], "NoSuchBucket")
