"""Whatever has the shape of an input gets an answer of AWS: no operation ever fails in a way of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.services.lambda_.service import LambdaService
from tests.contract.lambda_.harness import ROLE, World, arn, package
from tests.contract.lambda_.test_streams import STREAM
from tests.support.shapes import answered, inputs

LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:camada"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:estoque-reserva"


@pytest.mark.parametrize("operation", sorted(LambdaService.operations))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_input_breaks_lambda(operation: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder, World(Path(folder)) as world:
        world.function(Publish=True)
        world.call("CreateAlias", FunctionName="estoque", Name="prod", FunctionVersion="1")
        content = {"ZipFile": package({"python/a.py": ""})}
        world.call("PublishLayerVersion", LayerName="camada", Content=content)
        world.call("CreateFunctionUrlConfig", FunctionName="estoque", AuthType="NONE")
        world.streams.make(STREAM)
        mapping = world.mapping(world.queue())
        functions = st.sampled_from(["estoque", "estoque:prod", str(arn()), f"{arn()}:1", "nada"])
        known = {
            "FunctionName": functions,
            "Qualifier": st.sampled_from(["prod", "1", "$LATEST", "9"]),
            "FunctionVersion": st.sampled_from(["1", "$LATEST", "ALL"]),
            "Name": st.sampled_from(["prod", "outro"]),
            "Resource": st.sampled_from([str(arn()), mapping["EventSourceMappingArn"]]),
            "UUID": st.just(mapping["UUID"]),
            "EventSourceArn": st.sampled_from([QUEUE, str(STREAM)]),
            "StartingPosition": st.sampled_from(["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"]),
            "LayerName": st.sampled_from(["camada", LAYER]),
            "Arn": st.just(f"{LAYER}:1"),
            "VersionNumber": st.just(1),
            "Layers": st.just([f"{LAYER}:1"]),
            "ZipFile": st.just(package()),
            "Code": st.just({"ZipFile": package()}),
            "Role": st.just(ROLE),
            "Runtime": st.sampled_from(["python3.13", "nodejs20.x", "provided.al2023"]),
            "Handler": st.just("app.handler"),
            "Destination": st.sampled_from([QUEUE, str(arn("nada")), "arn:aws:s3:::balde"]),
            "TargetArn": st.just(QUEUE),
            "Pattern": st.sampled_from(['{"body": {"a": [1]}}', "{"]),
            "Payload": st.sampled_from([b"{}", b"[", b'"a"']),
        }
        answered("lambda", operation, data.draw(inputs("lambda", operation, known)), world.call)
