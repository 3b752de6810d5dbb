"""Models load lazily, small, and without botocore."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sandbox.wire.model import Models, UnknownServiceError


def test_wire_imports_no_sdk() -> None:
    code = "import sys, sandbox.gateway.gateway as g; g.Wire().models['sqs']; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"botocore", "boto3", "moto", "botocore.session"}


@pytest.mark.parametrize("name", ["nothing", "../sqs", "", "sqs/2012-11-05"])
def test_unknown_services(name: str) -> None:
    models = Models()
    assert name not in models
    with pytest.raises(UnknownServiceError):
        models[name]


def test_models_are_kept() -> None:
    models = Models()
    assert models["sqs"] is models["sqs"]
    assert models["sqs"].metadata.target_prefix == "AmazonSQS"
    assert "sqs" in list(models)
