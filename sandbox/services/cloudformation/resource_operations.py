"""The resources of stacks, and what stacks export."""

from __future__ import annotations

from typing import Any

from sandbox.model.call import Call
from sandbox.services.base import Answer, Params, operation
from sandbox.services.cloudformation import answers
from sandbox.services.cloudformation.core import Core, paged
from sandbox.services.cloudformation.errors import invalid


class ResourceOperations(Core):
    """Operations on what stacks consist of."""

    @operation("DescribeStackResources", "StackName LogicalResourceId")
    def describe_stack_resources(self, call: Call, params: Params) -> Answer:
        """The resources of a stack, or one of them."""
        wanted = params.get("LogicalResourceId")
        found = self._resources(call, params.get("StackName") or "")
        return {"StackResources": [one for one in found if wanted in (None, one["LogicalResourceId"])]}

    @operation("DescribeStackResource", "StackName LogicalResourceId")
    def describe_stack_resource(self, call: Call, params: Params) -> Answer:
        """One resource of a stack."""
        name, wanted = params.get("StackName") or "", params.get("LogicalResourceId")
        for one in self._resources(call, name):
            if one["LogicalResourceId"] == wanted:
                kept = {"StackName": one["StackName"], "StackId": one["StackId"]}
                return {"StackResourceDetail": {**kept, **answers.moved(one, "LastUpdatedTimestamp")}}
        raise invalid(f"Resource {wanted} does not exist for stack {name}")

    @operation("ListStackResources", "StackName NextToken")
    def list_stack_resources(self, call: Call, params: Params) -> Answer:
        """The resources of a stack, in short."""
        resources = self._resources(call, params.get("StackName") or "")
        found, more = paged(resources, params, lambda one: (one["LogicalResourceId"],))
        listed = [answers.moved(one, "LastUpdatedTimestamp") for one in found]
        return {"StackResourceSummaries": listed, **more}

    @operation("ListExports", "NextToken")
    def list_exports(self, call: Call, params: Params) -> Answer:
        """What the stacks of an account and region export."""
        found = [
            {"ExportingStackId": stack.stack_id, "Name": output.export, "Value": output.value}
            for stack in self.deployed(call).values()
            for output in stack.outputs
            if output.export
        ]
        ordered = sorted(found, key=lambda export: str(export["Name"]))
        exports, more = paged(ordered, params, lambda export: (str(export["Name"]),))
        return {"Exports": list(exports), **more}

    @operation("ListImports", "ExportName NextToken")
    def list_imports(self, call: Call, params: Params) -> Answer:
        """The stacks that import a value."""
        name = params.get("ExportName") or ""
        stacks = self.deployed(call).values()
        if not any(output.export == name for stack in stacks for output in stack.outputs):
            raise invalid(f"Export '{name}' does not exist.")
        importing = sorted(stack.name for stack in stacks if name in stack.imports)
        if not importing:
            raise invalid(f"Export '{name}' is not imported by any stack.")
        imports, more = paged(importing, params, lambda stack: (stack,))
        return {"Imports": list(imports), **more}

    def _resources(self, call: Call, name: str) -> list[dict[str, Any]]:
        row = self.find(call, name)
        if not row.lives:
            return []
        events = self.book.events(row.stack_id)
        resources = self.deployer.resources(call.scope, row.name, call.endpoint)
        ordered = sorted(resources, key=lambda one: one.logical_id)
        return [answers.resource(row, one, events) for one in ordered]
