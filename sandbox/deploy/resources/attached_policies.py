"""Types that are the policy of other resources: of several (QueuePolicy), or of one (QueueInlinePolicy)."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import ClassVar

from sandbox.deploy.resources.base import Context, Existing, Made, Property, Props, ResourceType, unless_gone
from sandbox.deploy.resources.shapes import Json, ListOf, Text


class AttachedPolicy(ResourceType):
    """Sets and takes away the policy of resources."""

    #: The property that names them.
    attached_to: ClassVar[str]

    @abstractmethod
    async def put(self, context: Context, resource: str, policy: str) -> None:
        """Sets the policy of one resource; an empty text takes it away.

        Raises:
            AwsError: what the service answered.
        """

    async def put_all(self, context: Context, resources: list[str], props: Props) -> None:
        """Sets the policy of every one of them."""
        for resource in resources:
            await self.put(context, resource, json.dumps(props["PolicyDocument"]))

    async def take_away(self, context: Context, resources: list[str]) -> None:
        """Takes the policy away; from one that is gone it is away already."""
        for resource in resources:
            await unless_gone(self.put(context, resource, ""))


class PolicyOfSeveral(AttachedPolicy):
    """A policy of a list of resources; `Ref` is a name of its own."""

    attributes = frozenset({"Id"})

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.properties = {
            "PolicyDocument": Property(Json(), required=True),
            cls.attached_to: Property(ListOf(Text()), required=True),
        }

    async def create(self, context: Context, props: Props) -> Made:
        await self.put_all(context, props[self.attached_to], props)
        name = context.name(None)
        return Made(name, {"Id": name})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        wanted = props[self.attached_to]
        dropped = [resource for resource in old.properties[self.attached_to] if resource not in wanted]
        await self.take_away(context, dropped)
        await self.put_all(context, wanted, props)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await self.take_away(context, old.properties[self.attached_to])


class PolicyOfOne(AttachedPolicy):
    """A policy of one resource, which is its `Ref`."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.properties = {
            "PolicyDocument": Property(Json(), required=True),
            cls.attached_to: Property(Text(), replaces=True, required=True),
        }

    async def create(self, context: Context, props: Props) -> Made:
        await self.put_all(context, [props[self.attached_to]], props)
        return Made(props[self.attached_to])

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        return await self.create(context, props)

    async def delete(self, context: Context, old: Existing) -> None:
        await self.take_away(context, [old.physical_id])
