"""What is measured on: queues, tables, functions, APIs, rules, made by the same calls on every engine.

boto3 makes it, which takes its time; nothing of this is measured.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import uuid
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.perf.errors import BenchError
from tests.perf.http import ask_once, dynamodb_request

_FUNCTIONS = Path(__file__).parent / "system" / "functions"
_ROLE = "arn:aws:iam::000000000000:role/bench"


@dataclass(frozen=True)
class Api:
    """A deployed API with one route, `GET /item/{id}`.

    Attributes:
        host: the `Host` header that it is asked by.
    """

    host: str
    path: str


_TABLE: Mapping[str, Any] = {
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


@dataclass
class Furniture:
    """Makes things on one engine, under names of their own."""

    endpoint: str
    _run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _session: boto3.Session = field(
        default_factory=lambda: boto3.Session("test", "test", region_name="us-east-1")
    )

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return self._session.client(service, endpoint_url=self.endpoint, config=config)

    @cached_property
    def sqs(self) -> Any:
        """The client of SQS."""
        return self.client("sqs")

    @cached_property
    def functions(self) -> Any:
        """The client of Lambda."""
        return self.client("lambda")

    def name(self, what: str) -> str:
        """A name that nothing has yet."""
        return f"bench-{self._run}-{what}-{next(self._numbers)}"

    def queue(self) -> str:
        """A new queue; its URL, on the engine's own endpoint."""
        name = self.name("queue")
        url = self._do(lambda: self.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "120"}))
        return str(url["QueueUrl"])

    def queue_arn(self, url: str) -> str:
        """The ARN of a queue."""
        answer = self._do(lambda: self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"]))
        return str(answer["Attributes"]["QueueArn"])

    def table(self, index: Mapping[str, Any] | None = None) -> str:
        """A new table of DynamoDB with the key `pk` (S), `sk` (N), on demand; its name.

        Args:
            index: a global index on texts.
        """
        name = self.name("table")
        client = self.client("dynamodb")
        wanted = dict(_TABLE)
        if index is not None:
            texts = [
                {"AttributeName": part["AttributeName"], "AttributeType": "S"} for part in index["KeySchema"]
            ]
            wanted["AttributeDefinitions"] = [*_TABLE["AttributeDefinitions"], *texts]
            wanted["GlobalSecondaryIndexes"] = [index]
        self._do(lambda: client.create_table(TableName=name, **wanted))
        return name

    def function(self, code: str, **variables: str) -> str:
        """A new function that runs one of the benchmark's handlers, ready to be called; its name."""
        name = self.name(code)
        self._do(
            lambda: self.functions.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role=_ROLE,
                Handler="app.handler",
                Code={"ZipFile": _zip(_FUNCTIONS / code)},
                MemorySize=512,
                Timeout=30,
                Environment={"Variables": variables},
            )
        )
        waiter = self.functions.get_waiter("function_active_v2")
        self._do(lambda: waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}))
        return name

    def mapping(self, queue_url: str, function: str, *, batch: int) -> None:
        """Has a function take the messages of a queue."""
        arn = self.queue_arn(queue_url)
        self._do(
            lambda: self.functions.create_event_source_mapping(
                EventSourceArn=arn, FunctionName=function, BatchSize=batch
            )
        )

    def api(self, function: str) -> Api:
        """A deployed API in front of a function."""
        made: Api = self._do(lambda: self._deploy(function))
        return made

    def _deploy(self, function: str) -> Api:
        gateway = self.client("apigateway")
        integration = {
            "type": "AWS_PROXY",
            "httpMethod": "POST",
            "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            f"arn:aws:lambda:us-east-1:000000000000:function:{function}/invocations",
        }
        try:
            api = self._by_parts(gateway, integration)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NotImplemented":
                raise
            api = self._by_document(gateway, integration)
        self.functions.add_permission(
            FunctionName=function,
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        gateway.create_deployment(restApiId=api, stageName="bench")
        port = urlsplit(self.endpoint).port
        return Api(f"{api}.execute-api.localhost:{port}", "/bench/item/42")

    def _by_parts(self, gateway: Any, integration: Mapping[str, str]) -> str:
        api = gateway.create_rest_api(name=self.name("api"))["id"]
        root = gateway.get_resources(restApiId=api)["items"][0]["id"]
        item = gateway.create_resource(restApiId=api, parentId=root, pathPart="item")["id"]
        one = gateway.create_resource(restApiId=api, parentId=item, pathPart="{id}")["id"]
        where = {"restApiId": api, "resourceId": one, "httpMethod": "GET"}
        gateway.put_method(**where, authorizationType="NONE")
        how = {"type": integration["type"], "uri": integration["uri"]}
        gateway.put_integration(**where, **how, integrationHttpMethod=integration["httpMethod"])
        return str(api)

    def _by_document(self, gateway: Any, integration: Mapping[str, str]) -> str:
        """The same from an OpenAPI document, which not every engine reads."""
        document = {
            "openapi": "3.0.1",
            "info": {"title": self.name("api"), "version": "1"},
            "paths": {"/item/{id}": {"get": {"x-amazon-apigateway-integration": integration}}},
        }
        return str(gateway.import_rest_api(body=json.dumps(document).encode())["id"])

    def bus(self, rules: int, queue_url: str) -> str:
        """A new bus with so many rules; one of them matches events of type `bench`, and sends to a queue."""
        name = self.name("bus")
        arn = self.queue_arn(queue_url)
        self._do(lambda: self._rules(name, rules, arn))
        return name

    def _rules(self, bus: str, rules: int, target: str) -> None:
        events = self.client("events")
        events.create_event_bus(Name=bus)
        for number in range(rules):
            kind = f"other-{number}" if number else "bench"
            pattern = f'{{"source": ["bench"], "detail-type": ["{kind}"], "detail": {{"state": ["NEW"]}}}}'
            events.put_rule(Name=f"rule-{number}", EventBusName=bus, EventPattern=pattern)
            events.put_targets(
                Rule=f"rule-{number}", EventBusName=bus, Targets=[{"Id": "queue", "Arn": target}]
            )

    @staticmethod
    def _do(call: Callable[[], Any]) -> Any:
        """Calls the engine.

        Raises:
            BenchError: it refused.
        """
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise BenchError(str(error)) from error


def event(bus: str) -> Mapping[str, Any]:
    """The parameters of a PutEvents whose event matches the one rule of a bus that has a use for it."""
    entry = {
        "Source": "bench",
        "DetailType": "bench",
        "Detail": '{"state": "NEW", "notaFiscalId": "6f1a3e3c-3c1f-4f0e-9c57-0d1f0f6f8f10"}',
        "EventBusName": bus,
    }
    return {"Entries": [entry]}


def _zip(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(folder.glob("*.py")):
            archive.write(file, file.name)
    return packed.getvalue()


class PlainTables(Furniture):
    """Makes tables without boto3, where there is no URL for it."""

    def table(self, index: Mapping[str, Any] | None = None) -> str:
        """See `Furniture.table`."""
        name = self.name("table")
        made = dynamodb_request(self.endpoint, "CreateTable", {"TableName": name, **_TABLE})
        assert index is None
        # Cases make tables on a loop of their own.
        with ThreadPoolExecutor(1) as beside:
            beside.submit(lambda: asyncio.run(ask_once(self.endpoint, made))).result()
        return name
