"""AWS::CDK::Metadata: what CDK writes into templates for its statistics; AWS makes nothing of it either.

https://docs.aws.amazon.com/cdk/v2/guide/usage-data.html
"""

from __future__ import annotations

from typing import ClassVar

from sandbox.deploy.resources.base import Context, Existing, Made, Property, Props, ResourceType
from sandbox.deploy.resources.shapes import Text


class Metadata(ResourceType):
    """AWS::CDK::Metadata."""

    type = "AWS::CDK::Metadata"
    properties: ClassVar = {"Analytics": Property(Text())}

    async def create(self, context: Context, props: Props) -> Made:
        return Made(context.name(None))

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        return Made(old.physical_id)

    async def delete(self, context: Context, old: Existing) -> None:
        return


TYPES = (Metadata(),)
