"""Whatever a client sends, CloudFormation answers with something that AWS could have said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.services.cloudformation.service import CloudFormationService
from tests.contract.cloudformation.harness import Stacks
from tests.support.shapes import answered, inputs

QUEUE = "Resources: {Fila: {Type: AWS::SQS::Queue}}"
KNOWN = {
    "StackName": st.sampled_from(["filas", "outras"]),
    "ChangeSetName": st.sampled_from(["um", "dois"]),
    "TemplateBody": st.sampled_from([QUEUE, QUEUE.replace("Fila", "Outra"), "Resources: 1", "{"]),
}


@pytest.mark.parametrize("operation", sorted(CloudFormationService.operations))
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_no_input_breaks_it(operation: str, data: st.DataObject) -> None:
    with Stacks() as stacks:
        stacks.create(QUEUE)
        stacks.call("CreateChangeSet", StackName="filas", ChangeSetName="um", TemplateBody=QUEUE)
        stacks.call("DescribeChangeSet", StackName="filas", ChangeSetName="um")
        params = data.draw(inputs("cloudformation", operation, KNOWN))
        answered("cloudformation", operation, params, stacks.call)
