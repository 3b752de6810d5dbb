"""Templates: those of stacks, and what a template says of itself."""

from __future__ import annotations

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.services.base import Answer, Params, operation
from sandbox.services.cloudformation import answers
from sandbox.services.cloudformation.change_set_operations import ChangeSetOperations
from sandbox.services.cloudformation.errors import invalid


class TemplateOperations(ChangeSetOperations):
    """Operations on templates."""

    @operation("GetTemplate", "StackName ChangeSetName TemplateStage")
    async def get_template(self, call: Call, params: Params) -> Answer:
        """The template of a stack or change set, as it was sent."""
        if params.get("ChangeSetName"):
            text = self.change_set(call, params).inputs.template
        elif params.get("StackName"):
            text = await self.template(call.scope, self.find(call, params["StackName"]))
        else:
            raise invalid("StackName or ChangeSetName must be specified.")
        if not text:  # a stack that only a change set has made so far
            return {"TemplateBody": "", "StagesAvailable": []}
        transformed = bool((await self.requests.summary(text)).transforms)
        if transformed and params.get("TemplateStage") == "Processed":
            raise NotImplementedByName(self.name, "TemplateStage Processed of a template with a transform")
        return {
            "TemplateBody": text,
            "StagesAvailable": ["Original", *([] if transformed else ["Processed"])],
        }

    @operation("GetTemplateSummary", "TemplateBody TemplateURL StackName")
    async def get_template_summary(self, call: Call, params: Params) -> Answer:
        """What a template declares."""
        if params.get("StackName"):
            text = await self.template(call.scope, self.find(call, params["StackName"]))
        else:
            text = await self.requests.text(call, params)
        return answers.template_summary(await self.requests.summary(text))

    @operation("ValidateTemplate", "TemplateBody TemplateURL")
    async def validate_template(self, call: Call, params: Params) -> Answer:
        """Whether a text is a template, and what it declares."""
        text = await self.requests.text(call, params)
        found = answers.template_summary(await self.requests.summary(text))
        kept = ("Description", "Capabilities", "CapabilitiesReason", "DeclaredTransforms")
        shown = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
        parameters = [{key: one[key] for key in shown if key in one} for one in found["Parameters"]]
        return {"Parameters": parameters, **{key: found[key] for key in kept if key in found}}
