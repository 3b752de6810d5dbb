"""CloudFormation, natively: the API of the deployer that `sandbox up` uses."""

from __future__ import annotations

from typing import ClassVar

from sandbox.services.cloudformation.resource_operations import ResourceOperations
from sandbox.services.cloudformation.rollback_operations import RollbackOperations
from sandbox.services.cloudformation.template_operations import TemplateOperations


class CloudFormationService(TemplateOperations, ResourceOperations, RollbackOperations):
    """Stacks and change sets for what the AWS CLI, SAM and the SDKs send."""

    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "tags of stacks are kept and shown, not handed on to their resources",
        "RoleARN is kept and shown: stacks are made with all rights",
        "ImportExistingResources: a resource that exists already fails the stack, as it does without",
        "stacks that `sandbox up` deploys have no events, and are changed by `sandbox deploy` alone",
        "capabilities of nested stacks: those that the outermost template needs are asked for",
        "IncludeNestedStacks: a change set shows a nested stack, and not what changes in it",
        "DescribeStacks and DescribeChangeSet wait up to 20 s for what is under way: waiters need not sleep",
    )
