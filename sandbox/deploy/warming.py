"""Transforms a template into the cache ahead of need: the translator takes a second, the cache 3 ms."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sandbox.deploy.reading import read_document
from sandbox.deploy.system import System
from sandbox.deploy.template.declarations import check_sections
from sandbox.deploy.template.parameters import read_parameters
from sandbox.deploy.template.problem import Problem, Problems
from sandbox.deploy.template.source import read_source
from sandbox.model.scope import DEFAULT_REGION, Scope


async def warm(system: System, cache: Path, region: str = DEFAULT_REGION) -> None:
    """Transforms the template of a system, so that a later deployment does not have to.

    Args:
        cache: folder of transformed templates, as `Deployer` is given.

    Raises:
        TemplateError, UsageError: the template is wrong.
    """
    source = await asyncio.to_thread(read_source, system.template)
    try:
        check_sections(source.data)
        values = read_parameters(source.data.get("Parameters", {}), system.parameters)
        await read_document(source, values, Scope(region=region), (system.name, ""), cache)
    except (Problem, Problems) as found:
        raise source.error(found) from found
