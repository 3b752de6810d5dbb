"""From the text of a template to its declarations: includes, loops, assets, local files, SAM."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

from sandbox.deploy.evaluation import names_of
from sandbox.deploy.template.cdk import read_assets, without_metadata
from sandbox.deploy.template.declarations import (
    LANGUAGE_EXTENSIONS,
    SAM_TRANSFORM,
    Template,
    read_template,
    transforms,
)
from sandbox.deploy.template.functions import Resolver
from sandbox.deploy.template.includes import include_files
from sandbox.deploy.template.local_files import hide_local_files
from sandbox.deploy.template.loops import write_out_loops
from sandbox.deploy.template.parameters import ParameterValues
from sandbox.deploy.template.preferences import preference_notices, without_preferences
from sandbox.deploy.template.problem import Path
from sandbox.deploy.template.sam import transform_sam
from sandbox.deploy.template.source import Source
from sandbox.deploy.template.values import Unknown
from sandbox.model.scope import Scope


@dataclass(frozen=True, slots=True)
class Reading:
    """The declarations of a template, and what a person should know of how it was read."""

    template: Template
    notices: tuple[str, ...]


class _NoResources:
    """The lookups of what is resolved before there are resources."""

    def ref(self, logical_id: str) -> Any:
        return Unknown(logical_id)

    def attribute(self, logical_id: str, name: str, path: Path) -> Any:
        return Unknown(logical_id)

    def imported(self, name: str) -> str | None:
        return None


async def read_document(
    source: Source,
    values: ParameterValues,
    scope: Scope,
    stack: tuple[str, str],
    cache: File | None,
    *,
    local: bool = True,
) -> Reading:
    """Reads a template whose sections have been checked.

    Args:
        stack: the name of the stack, and its ARN.
        cache: folder of transformed SAM templates; None transforms every time.
        local: whether the template is a file; one that was sent has no files beside it.

    Raises:
        Problem, Problems: what is wrong with it.
    """
    wanted = transforms(source.data)
    folder = source.folder if local else None
    source = replace(source, data=await asyncio.to_thread(include_files, source.data, folder))
    if LANGUAGE_EXTENSIONS in wanted:
        source = write_out_loops(source, _resolver(source, values, scope, stack).resolve)
    data: Mapping[str, Any] = without_metadata(source.data)
    if folder is not None:
        data = await asyncio.to_thread(_local, data, source.file)
    notices = preference_notices(data)
    if SAM_TRANSFORM in wanted:
        data = await transform_sam(without_preferences(data), values, scope.region, cache)
    return Reading(read_template(data, source), tuple(notices))


def _local(data: Mapping[str, Any], file: File) -> dict[str, Any]:
    return hide_local_files(read_assets(data, file), file.parent)


def _resolver(source: Source, values: ParameterValues, scope: Scope, stack: tuple[str, str]) -> Resolver:
    declared = Template(source, {}, source.data.get("Mappings", {}), {}, {}, extended=True)
    return Resolver(declared, names_of(values, scope, *stack), _NoResources(), scope.region)
