"""Operations on archives and replays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.model.arn import event_bus_arn, is_arn, parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Params, operation
from sandbox.services.events.archive_store import Archive, Replay
from sandbox.services.events.core import EventsCore
from sandbox.services.events.errors import already_exists, invalid, limit_exceeded
from sandbox.services.events.names import bus_reference
from sandbox.services.events.paging import page
from sandbox.services.events.replaying import CANCELLING, RUNNING, STARTING
from sandbox.services.events.rule_operations import checked_pattern

MAX_REPLAYS = 10
ENABLED = "ENABLED"


class ArchiveOperations(EventsCore):
    """Archives and replays."""

    @operation("CreateArchive", "ArchiveName EventSourceArn Description EventPattern RetentionDays")
    def create_archive(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateArchive.html"""
        scope, bus = self._bus_arn(call, params["EventSourceArn"], "EventSourceArn")
        if self.archives.find_archive(call.scope, params["ArchiveName"]) is not None:
            raise already_exists("Archive", params["ArchiveName"])
        archive = Archive(
            scope=scope,
            name=params["ArchiveName"],
            bus=bus,
            description=params.get("Description"),
            pattern=checked_pattern(params.get("EventPattern")),
            retention=params.get("RetentionDays") or 0,
            created=self.clock.now(),
        )
        self.archives.put_archive(archive)
        self.archivist.changed()
        return _outcome(archive)

    @operation("UpdateArchive", "ArchiveName Description EventPattern RetentionDays")
    def update_archive(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateArchive.html"""
        if params.keys() == {"ArchiveName"}:
            raise invalid("At least one of EventPattern, RetentionDays or Description must be provided.")
        before = self.archives.archive(call.scope, params["ArchiveName"])
        archive = replace(
            before,
            description=params.get("Description", before.description),
            pattern=checked_pattern(params.get("EventPattern", before.pattern)),
            retention=params.get("RetentionDays", before.retention),
        )
        self.archives.put_archive(archive)
        self.archivist.changed()
        return _outcome(archive)

    @operation("DeleteArchive", "ArchiveName")
    def delete_archive(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteArchive.html"""
        self.archives.remove_archive(self.archives.archive(call.scope, params["ArchiveName"]))
        self.archivist.changed()
        return {}

    @operation("DescribeArchive", "ArchiveName")
    def describe_archive(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeArchive.html"""
        archive = self.archives.archive(call.scope, params["ArchiveName"])
        optional = {"Description": archive.description, "EventPattern": archive.pattern}
        return {
            "ArchiveArn": str(archive.arn),
            **self._listed(archive),
            **{member: value for member, value in optional.items() if value},
        }

    @operation("ListArchives", "NamePrefix EventSourceArn State NextToken Limit")
    def list_archives(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListArchives.html"""
        _one_filter("ListArchives", params)
        found = self.archives.archives(call.scope)
        if source := params.get("EventSourceArn"):
            _, bus = self._bus_arn(call, source, "EventSourceArn")
            found = [archive for archive in found if archive.bus == bus]
        prefix = params.get("NamePrefix") or ""
        state = params.get("State") or ENABLED
        wanted = [archive for archive in found if archive.name.startswith(prefix) and state == ENABLED]
        archives, more = page(wanted, params, lambda archive: archive.name)
        return {"Archives": [self._listed(archive) for archive in archives], **more}

    # --- replays -----------------------------------------------------------------------------------------
    @operation("StartReplay", "ReplayName Description EventSourceArn EventStartTime EventEndTime Destination")
    def start_replay(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html"""
        destination = params["Destination"]
        scope, bus = self._bus_arn(call, destination["Arn"], "Destination.Arn")
        archive = self._archive(call, params["EventSourceArn"])
        if (archive.scope, archive.bus) != (scope, bus):
            raise invalid(
                "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
            )
        if params["EventStartTime"] >= params["EventEndTime"]:
            raise invalid(
                "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."
            )
        if self.archives.find_replay(call.scope, params["ReplayName"]) is not None:
            raise already_exists("Replay", params["ReplayName"])
        running = [replay for replay in self.archives.running_replays() if replay.scope == call.scope]
        if len(running) >= MAX_REPLAYS:
            raise limit_exceeded()
        replay = Replay(
            account=call.scope.account,
            region=call.scope.region,
            name=params["ReplayName"],
            archive=archive.name,
            bus=bus,
            description=params.get("Description"),
            filters=list(destination.get("FilterArns") or ()),
            since=params["EventStartTime"],
            until=params["EventEndTime"],
            state=STARTING,
            started=self.clock.now(),
            cause=call.hop,
            next_at=None,
        )
        self.replays.begin(replay)
        return {"ReplayArn": str(replay.arn), "State": replay.state, "ReplayStartTime": replay.started}

    @operation("CancelReplay", "ReplayName")
    def cancel_replay(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CancelReplay.html"""
        replay = self.archives.replay(call.scope, params["ReplayName"])
        if replay.state not in (STARTING, RUNNING):
            raise AwsError(
                "IllegalStatusException", f"Replay {replay.name} is not in a valid state for this operation."
            )
        self.replays.cancel(replay)
        return {"ReplayArn": str(replay.arn), "State": CANCELLING}

    @operation("DescribeReplay", "ReplayName")
    def describe_replay(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeReplay.html"""
        replay = self.archives.replay(call.scope, params["ReplayName"])
        filters = {"FilterArns": replay.filters} if replay.filters else {}
        return {
            "ReplayArn": str(replay.arn),
            **({"Description": replay.description} if replay.description else {}),
            "Destination": {"Arn": str(event_bus_arn(replay.scope, replay.bus)), **filters},
            **_replay(replay),
        }

    @operation("ListReplays", "NamePrefix State EventSourceArn NextToken Limit")
    def list_replays(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListReplays.html"""
        _one_filter("ListReplays", params)
        wanted = [
            replay
            for replay in self.archives.replays(call.scope)
            if replay.name.startswith(params.get("NamePrefix") or "")
            and replay.state == (params.get("State") or replay.state)
            and str(replay.archive_arn) == (params.get("EventSourceArn") or str(replay.archive_arn))
        ]
        replays, more = page(wanted, params, lambda replay: replay.name)
        return {"Replays": [_replay(replay) for replay in replays], **more}

    # --- inside ------------------------------------------------------------------------------------------
    def _bus_arn(self, call: Call, text: str, member: str) -> tuple[Scope, str]:
        if not is_arn(text) or not parse_arn(text).resource.startswith("event-bus/"):
            raise invalid(f"Parameter {member} is not valid. Reason: Must contain an event bus ARN.")
        scope, name = bus_reference(call.scope, text)
        self.store.bus(scope, name)
        return scope, name

    def _archive(self, call: Call, text: str) -> Archive:
        arn = parse_arn(text) if is_arn(text) else None
        if arn is None or not arn.resource.startswith("archive/"):
            raise invalid("Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN.")
        found = self.archives.find_archive(arn.scope, arn.name)
        if found is None:
            raise invalid(
                f"Parameter EventSourceArn is not valid. Reason: Archive {arn.name} does not exist."
            )
        return found

    def _listed(self, archive: Archive) -> Answer:
        count, size = self.archives.holdings(archive)
        return {
            "ArchiveName": archive.name,
            "EventSourceArn": str(archive.bus_arn),
            "State": ENABLED,
            "RetentionDays": archive.retention,
            "SizeBytes": size,
            "EventCount": count,
            "CreationTime": archive.created,
        }


def _one_filter(name: str, params: Mapping[str, Any]) -> None:
    if sum(bool(params.get(member)) for member in ("State", "EventSourceArn", "NamePrefix")) > 1:
        raise invalid(
            f"At most one filter is allowed for {name}. Use either : State, EventSourceArn, or NamePrefix."
        )


def _outcome(archive: Archive) -> Answer:
    return {"ArchiveArn": str(archive.arn), "State": ENABLED, "CreationTime": archive.created}


def _replay(replay: Replay) -> Answer:
    optional = {
        "EventLastReplayedTime": replay.cursor[0] if replay.cursor else None,
        "ReplayEndTime": replay.ended,
    }
    return {
        "ReplayName": replay.name,
        "EventSourceArn": str(replay.archive_arn),
        "State": replay.state,
        "EventStartTime": replay.since,
        "EventEndTime": replay.until,
        "ReplayStartTime": replay.started,
        **{member: value for member, value in optional.items() if value is not None},
    }
