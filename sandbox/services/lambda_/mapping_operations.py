"""Operations on event source mappings."""

from __future__ import annotations

import msgspec

from sandbox.model.call import Call
from sandbox.model.lambda_errors import invalid
from sandbox.model.lambda_names import parse_function_name
from sandbox.model.lambda_streams import STREAM_BATCH
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.mapping_answers import mapping_answer
from sandbox.services.lambda_.mapping_parameters import changes, position_of, source_of
from sandbox.services.lambda_.paging import page
from sandbox.services.lambda_.parts import LambdaParts
from sandbox.services.lambda_.records import Function, Mapping

MAPPING_MEMBERS = (
    "FunctionName Enabled BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes ScalingConfig "
    "FilterCriteria BisectBatchOnFunctionError DestinationConfig MaximumRecordAgeInSeconds "
    "MaximumRetryAttempts ParallelizationFactor TumblingWindowInSeconds"
)


class MappingOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and its siblings."""

    @operation(
        "CreateEventSourceMapping",
        f"EventSourceArn StartingPosition StartingPositionTimestamp Tags {MAPPING_MEMBERS}",
    )
    def create_event_source_mapping(self, call: Call, params: Params) -> Answer:
        """Has a queue or stream feed a function; it works from now on."""
        source = source_of(params, self.streams)
        if source.service != "sqs":
            params = {"BatchSize": STREAM_BATCH, **params}
        fields = {**position_of(params, source), **changes(params, source, self.destinations)}
        function, qualifier = self._fed_function(params["FunctionName"], call.scope)
        mapping = Mapping(
            uuid=self.kit.ids.uuid(),
            account=function.account,
            region=function.region,
            function=function.name,
            qualifier=qualifier,
            source=str(source),
            modified=self.clock.now(),
            tags=dict(params.get("Tags") or {}),
            **fields,
        )
        self.mappings.check(mapping, function)
        self.mappings.put(mapping)
        return self._mapping_answer(mapping, "Creating")

    @operation("GetEventSourceMapping", "UUID")
    def get_event_source_mapping(self, call: Call, params: Params) -> Answer:
        """One mapping."""
        return self._mapping_answer(self.mappings.get(params["UUID"]))

    @operation("ListEventSourceMappings", "EventSourceArn FunctionName Marker MaxItems")
    def list_event_source_mappings(self, call: Call, params: Params) -> Answer:
        """The mappings of the caller's account and region, of one function or one source where named."""
        name = params.get("FunctionName")
        wanted = parse_function_name(name, call.scope) if name else None
        source = params.get("EventSourceArn")
        found = [
            mapping
            for mapping in self.mappings.all()
            if mapping.scope == call.scope
            and (not source or mapping.source == source)
            and (wanted is None or str(mapping.function_arn) == wanted.named_arn)
        ]
        shown, marker = page(found, params, lambda mapping: mapping.uuid)
        return {"EventSourceMappings": [self._mapping_answer(mapping) for mapping in shown], **marker}

    @operation("UpdateEventSourceMapping", f"UUID {MAPPING_MEMBERS}")
    def update_event_source_mapping(self, call: Call, params: Params) -> Answer:
        """Changes what the request names of a mapping; batches that run end as they began."""
        mapping = self.mappings.get(params["UUID"])
        name = params.get("FunctionName")
        function, qualifier = self._fed_function(name or str(mapping.function_arn), mapping.scope)
        changed = msgspec.structs.replace(
            mapping,
            function=function.name,
            qualifier=qualifier,
            modified=self.clock.now(),
            **changes(params, mapping.source_arn, self.destinations),
        )
        self.mappings.check(changed, function)
        self.mappings.put(changed)
        return self._mapping_answer(changed, "Updating")

    @operation("DeleteEventSourceMapping", "UUID")
    def delete_event_source_mapping(self, call: Call, params: Params) -> Answer:
        """Deletes a mapping."""
        mapping = self.mappings.get(params["UUID"])
        self.mappings.delete(mapping)
        return self._mapping_answer(mapping, "Deleting")

    def _fed_function(self, name: str, scope: Scope) -> tuple[Function, str | None]:
        """The record that is fed at first, and the qualifier that was named."""
        ref = parse_function_name(name, scope)
        found = self.functions.find(ref)
        if found is None:
            raise invalid("Function does not exist")
        return found.main, ref.qualifier

    def _mapping_answer(self, mapping: Mapping, state: str = "") -> Answer:
        return mapping_answer(mapping, self.mappings.last_result(mapping), state)
