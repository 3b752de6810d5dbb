"""Buses, rules, archives and schedules, for the deployer."""

from __future__ import annotations

from tests.contract.deploy.fake_things import Params, Things


class FakeEvents(Things):
    """Buses, rules, archives and schedules."""

    def _events_CreateEventBus(self, p: Params) -> Params:  # noqa: N802
        self._add("bus", p["Name"], p)
        return {"EventBusArn": f"arn:aws:events:us-east-1:000000000000:event-bus/{p['Name']}"}

    def _events_DeleteEventBus(self, p: Params) -> None:  # noqa: N802
        self._drop("bus", p["Name"])

    def _events_CreateConnection(self, p: Params) -> Params:  # noqa: N802
        self._add("connection", p["Name"], p)
        return {"ConnectionArn": f"arn:aws:events:us-east-1:000000000000:connection/{p['Name']}/1"}

    def _events_DeleteConnection(self, p: Params) -> None:  # noqa: N802
        self._drop("connection", p["Name"])

    def _events_CreateApiDestination(self, p: Params) -> Params:  # noqa: N802
        self._add("destination", p["Name"], p)
        return {"ApiDestinationArn": f"arn:aws:events:us-east-1:000000000000:api-destination/{p['Name']}/1"}

    def _events_DeleteApiDestination(self, p: Params) -> None:  # noqa: N802
        self._drop("destination", p["Name"])

    def _scheduler_CreateSchedule(self, p: Params) -> None:  # noqa: N802
        self._add("schedule", p["Name"], p)

    def _scheduler_UpdateSchedule(self, p: Params) -> None:  # noqa: N802
        self._find("schedule", p["Name"])
        self.things[("schedule", p["Name"])] = p

    def _scheduler_DeleteSchedule(self, p: Params) -> None:  # noqa: N802
        self._drop("schedule", p["Name"])

    def _scheduler_CreateScheduleGroup(self, p: Params) -> None:  # noqa: N802
        self._add("schedule group", p["Name"], p)

    def _scheduler_DeleteScheduleGroup(self, p: Params) -> None:  # noqa: N802
        self._drop("schedule group", p["Name"])

    def _events_CreateArchive(self, p: Params) -> Params:  # noqa: N802
        self._add("archive", p["ArchiveName"], p)
        return {"ArchiveArn": f"arn:aws:events:us-east-1:000000000000:archive/{p['ArchiveName']}"}

    def _events_DeleteArchive(self, p: Params) -> None:  # noqa: N802
        self._drop("archive", p["ArchiveName"])

    def _events_DescribeRule(self, p: Params) -> Params:  # noqa: N802
        return self._find("rule", p["Name"])

    def _events_PutRule(self, p: Params) -> None:  # noqa: N802
        self.things[("rule", p["Name"])] = p

    def _events_DeleteRule(self, p: Params) -> None:  # noqa: N802
        self._drop("rule", p["Name"])

    def _events_PutTargets(self, p: Params) -> Params:  # noqa: N802
        return {"FailedEntries": []}
