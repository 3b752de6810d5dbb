"""What a request says a stack shall be: template, parameters, capabilities, tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest
from sandbox.model.ports import AwsHttp
from sandbox.model.stacks import ResourceChange, StackDeployer, TemplateSummary
from sandbox.model.template_urls import object_address
from sandbox.services.base import Params
from sandbox.services.cloudformation.errors import invalid, lacking
from sandbox.services.cloudformation.records import Inputs
from sandbox.services.cloudformation.sealing import Sealer

IAM, NAMED_IAM, AUTO_EXPAND = "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"
#: Bytes of a template that is in the request itself.
MAX_BODY = 51_200


class Requests:
    """Reads requests.

    Args:
        stacks: knows templates.
        aws: reads objects out of buckets.
        sealer: seals values of `NoEcho` parameters.
    """

    def __init__(self, stacks: StackDeployer, aws: AwsHttp, sealer: Sealer) -> None:
        self._stacks = stacks
        self._aws = aws
        self._sealer = sealer

    async def text(self, call: Call, params: Params, previous: str | None = None) -> str:
        """The text of the template that a request gives.

        Args:
            previous: that of the stack, where the request may ask for it.

        Raises:
            AwsError: `ValidationError`: none, several, or one that cannot be read.
        """
        body, url = params.get("TemplateBody"), params.get("TemplateURL")
        if previous is not None and params.get("UsePreviousTemplate") and not body and not url:
            return previous
        if bool(body) == bool(url):
            raise invalid("Either Template URL or Template Body must be specified.")
        if body:
            if len(body.encode()) > MAX_BODY:
                raise invalid(
                    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                    f"Member must have length less than or equal to {MAX_BODY}"
                )
            return str(body)
        return await self._object(call, str(url))

    async def inputs(
        self, call: Call, params: Params, text: str, previous: Inputs | None = None
    ) -> tuple[Inputs, TemplateSummary]:
        """What the stack shall be.

        Raises:
            AwsError: `ValidationError`.
        """
        summary = await self.summary(text)
        old = previous.parameters if previous else {}
        secrets = tuple(one.name for one in summary.parameters if one.secret)
        if previous:
            old = self._sealer.open(old, _kept(params, previous.secrets))
        values = _parameters(params.get("Parameters") or (), summary, old)
        tags = params.get("Tags")
        kept = previous.tags if previous and tags is None else {}
        return Inputs(
            text,
            self._sealer.seal(values, secrets),
            secrets,
            summary.description,
            tuple(params.get("Capabilities") or ()),
            kept if tags is None else {tag["Key"]: tag.get("Value", "") for tag in tags},
            params.get("RoleARN") or (previous.role if previous else ""),
        ), summary

    async def summary(self, text: str) -> TemplateSummary:
        """What a template says of itself.

        Raises:
            AwsError: `ValidationError`, it is not a template.
        """
        try:
            return await self._stacks.summarize(text)
        except AwsError as error:
            raise invalid(f"Template format error: {error.message}") from error

    async def _object(self, call: Call, url: str) -> str:
        address = object_address(url)
        if address is None:
            raise invalid("TemplateURL must be a supported URL.")
        version = f"versionId={address.version}" if address.version else ""
        request = HttpRequest("GET", f"/{address.bucket}/{quote(address.key)}", version)
        answer = await self._aws.send("s3", request, call, "GetObject")
        if answer.status != 200:
            what = f"{address.bucket}/{address.key}"
            raise invalid(f"S3 error: the template {what} cannot be read ({answer.status})")
        try:
            return answer.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise invalid("Template format error: the template is not UTF-8 text") from None


def _kept(params: Params, names: Iterable[str]) -> set[str]:
    """Those of the parameters whose value stays as it was."""
    given = params.get("Parameters") or ()
    return {one.get("ParameterKey") for one in given if one.get("UsePreviousValue")}.intersection(names)


def _parameters(
    given: Iterable[Mapping[str, object]], summary: TemplateSummary, old: Mapping[str, str]
) -> dict[str, str]:
    """The values given, previous ones where they are asked for; defaults are the template's.

    Raises:
        AwsError: `ValidationError`, a parameter is not there or has no value.
    """
    declared = {one.name: one for one in summary.parameters}
    values: dict[str, str] = {}
    for one in given:
        name = str(one.get("ParameterKey", ""))
        if one.get("UsePreviousValue"):
            if name in old:
                values[name] = old[name]
            elif name not in declared or declared[name].default is None:
                raise invalid(
                    f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a "
                    "parameter key not in the previous template"
                )
        elif "ParameterValue" in one:
            values[name] = str(one["ParameterValue"])
    if unknown := [name for name in values if name not in declared]:
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, one in declared.items() if one.default is None and name not in values]
    if missing:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    return values


def needed(types: Mapping[str, str], named: Iterable[str]) -> str:
    """The capability that the resources of a template need; empty where none."""
    if any(types[name].startswith("AWS::IAM::") for name in named if name in types):
        return NAMED_IAM
    return IAM if any(type_.startswith("AWS::IAM::") for type_ in types.values()) else ""


def missing(inputs: Inputs, capability: str) -> bool:
    """Whether a capability that is needed was not acknowledged."""
    return bool(capability) and not {capability, NAMED_IAM}.intersection(inputs.capabilities)


def check_capabilities(
    inputs: Inputs, summary: TemplateSummary, changes: Iterable[ResourceChange] = (), *, direct: bool
) -> None:
    """Refuses a stack that makes what was not acknowledged.

    Args:
        changes: what the transform made of the template, once that is known.
        direct: not by a change set, where the transform's work can be looked at first.

    Raises:
        AwsError: `InsufficientCapabilitiesException`.
    """
    if direct and summary.transforms and AUTO_EXPAND not in inputs.capabilities:
        raise lacking(AUTO_EXPAND)
    types = {**summary.types, **{change.logical_id: change.type for change in changes}}
    capability = needed(types, summary.named)
    if missing(inputs, capability):
        raise lacking(capability)
