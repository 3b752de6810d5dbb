"""The operations of subnet groups.

Pages: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html and its
neighbours
"""

from __future__ import annotations

from sandbox.model.call import Call
from sandbox.services.base import Answer, Kit, Params, Service, operation
from sandbox.services.rds.instances import Instances
from sandbox.services.rds.paging import page
from sandbox.services.rds.resources import tags_of
from sandbox.services.rds.subnet_groups import (
    SubnetGroup,
    SubnetGroups,
    already_exists,
    check_name,
    check_subnets,
    in_use,
    not_found,
)
from sandbox.services.rds.validation import check_tags, required


class SubnetGroupOperations(Service):
    """Subnet groups, as records."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._instances = Instances(kit.database)
        self._groups = SubnetGroups(kit.database)

    @operation("CreateDBSubnetGroup", "DBSubnetGroupName DBSubnetGroupDescription SubnetIds Tags")
    def create_db_subnet_group(self, call: Call, params: Params) -> Answer:
        """Records a group."""
        name = check_name(required(params, "DBSubnetGroupName"))
        if self._groups.find(call.scope, name) is not None:
            raise already_exists(name)
        tags = tags_of(params.get("Tags") or [])
        check_tags(tags)
        group = SubnetGroup(
            call.scope,
            name,
            required(params, "DBSubnetGroupDescription"),
            check_subnets(params.get("SubnetIds") or ()),
            tags,
        )
        self._groups.save(group)
        return {"DBSubnetGroup": _rendered(group)}

    @operation("DescribeDBSubnetGroups", "DBSubnetGroupName MaxRecords Marker")
    def describe_db_subnet_groups(self, call: Call, params: Params) -> Answer:
        """One group, or all of the account and region."""
        name = params.get("DBSubnetGroupName")
        found = [self._group(call, str(name))] if name else self._groups.of(call.scope)
        listed, marker = page(found, lambda group: group.name, params)
        answer: Answer = {"DBSubnetGroups": [_rendered(group) for group in listed]}
        if marker is not None:
            answer["Marker"] = marker
        return answer

    @operation("ModifyDBSubnetGroup", "DBSubnetGroupName DBSubnetGroupDescription SubnetIds")
    def modify_db_subnet_group(self, call: Call, params: Params) -> Answer:
        """Changes what is recorded."""
        group = self._group(call, required(params, "DBSubnetGroupName"))
        group.subnets = check_subnets(params.get("SubnetIds") or ())
        group.description = params.get("DBSubnetGroupDescription") or group.description
        self._groups.save(group)
        return {"DBSubnetGroup": _rendered(group)}

    @operation("DeleteDBSubnetGroup", "DBSubnetGroupName")
    def delete_db_subnet_group(self, call: Call, params: Params) -> Answer:
        """Forgets a group that no database is in."""
        group = self._group(call, required(params, "DBSubnetGroupName"))
        for instance in self._instances.of(call.scope):
            if str(instance.recorded.get("DBSubnetGroupName", "")).lower() == group.name:
                raise in_use(group.name, instance.identifier)
        self._groups.remove(group)
        return {}

    def _group(self, call: Call, name: str) -> SubnetGroup:
        group = self._groups.find(call.scope, name)
        if group is None:
            raise not_found(name)
        return group


def _rendered(group: SubnetGroup) -> Answer:
    return {
        "DBSubnetGroupName": group.name,
        "DBSubnetGroupDescription": group.description,
        "SubnetGroupStatus": "Complete",
        "Subnets": [
            {"SubnetIdentifier": subnet, "SubnetOutpost": {}, "SubnetStatus": "Active"}
            for subnet in group.subnets
        ],
        "DBSubnetGroupArn": str(group.arn),
        "SupportedNetworkTypes": ["IPV4"],
    }
