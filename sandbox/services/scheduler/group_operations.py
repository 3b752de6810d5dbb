"""Operations on schedule groups and their tags."""

from __future__ import annotations

from dataclasses import replace

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.services.base import Answer, Params, operation
from sandbox.services.scheduler.core import SchedulerCore
from sandbox.services.scheduler.errors import exists, invalid
from sandbox.services.scheduler.paging import page
from sandbox.services.scheduler.store import DEFAULT_GROUP, Group

MAX_GROUPS = 500
MAX_TAGS = 50


class GroupOperations(SchedulerCore):
    """Schedule groups."""

    @operation("CreateScheduleGroup", "Name Tags ClientToken")
    def create_schedule_group(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html"""
        name, token = params["Name"], params.get("ClientToken")
        before = self.store.find_group(call.scope, name)
        if before is not None:
            if token and before.token == token:
                return {"ScheduleGroupArn": str(before.arn)}
            raise exists("Schedule group", name)
        if len(self.store.groups(call.scope)) >= MAX_GROUPS:
            raise AwsError("ServiceQuotaExceededException", "Number of schedule groups exceeded.", status=402)
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
        group = self.store.add_group(call.scope, name, token, tags)
        return {"ScheduleGroupArn": str(group.arn)}

    @operation("GetScheduleGroup", "Name")
    def get_schedule_group(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetScheduleGroup.html"""
        return _described(self.store.group(call.scope, params["Name"]))

    @operation("DeleteScheduleGroup", "Name ClientToken")
    def delete_schedule_group(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteScheduleGroup.html

        Its schedules go with it, at once: no group is ever seen in the state DELETING.
        """
        group = self.store.group(call.scope, params["Name"])
        if group.name == DEFAULT_GROUP:
            raise invalid("The default schedule group cannot be deleted.")
        for schedule in self.store.schedules(call.scope, group.name):
            self.runner.removed(schedule)
        self.store.remove_group(group)
        return {}

    @operation("ListScheduleGroups", "NamePrefix NextToken MaxResults")
    def list_schedule_groups(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListScheduleGroups.html"""
        prefix = params.get("NamePrefix") or ""
        wanted = [group for group in self.store.groups(call.scope) if group.name.startswith(prefix)]
        groups, more = page(wanted, params, lambda group: (group.name,))
        return {"ScheduleGroups": [_described(group) for group in groups], **more}

    # --- tags --------------------------------------------------------------------------------------------
    @operation("TagResource", "ResourceArn Tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_TagResource.html"""
        group = self._tagged(params)
        tags = {**group.tags, **{tag["Key"]: tag["Value"] for tag in params["Tags"]}}
        if len(tags) > MAX_TAGS:
            raise invalid(f"A schedule group has {MAX_TAGS} tags at most.")
        self.store.put_group(replace(group, tags=tags))
        return {}

    @operation("UntagResource", "ResourceArn TagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UntagResource.html"""
        group = self._tagged(params)
        kept = {key: value for key, value in group.tags.items() if key not in params["TagKeys"]}
        self.store.put_group(replace(group, tags=kept))
        return {}

    @operation("ListTagsForResource", "ResourceArn")
    def list_tags_for_resource(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListTagsForResource.html"""
        tags = self._tagged(params).tags
        return {"Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]}

    def _tagged(self, params: Params) -> Group:
        arn = parse_arn(params["ResourceArn"])
        return self.store.group(arn.scope, arn.name)


def _described(group: Group) -> Answer:
    return {
        "Arn": str(group.arn),
        "Name": group.name,
        "State": "ACTIVE",
        "CreationDate": group.created,
        "LastModificationDate": group.modified,
    }
