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


async def warm(system: System, cache: Path, region: str = DEFAULT_REGION) -> frozenset[str]:
    """Transforms the template of a system, so that a later deployment does not have to.

    Args:
        cache: folder of transformed templates, as `Deployer` is given.

    Returns:
        The runtimes of its functions, with the parameters as they are by default; without those that only a
        deployment can tell.

    Raises:
        TemplateError, UsageError: the template is wrong.
    """
    source = await asyncio.to_thread(read_source, system.template)
    try:
        check_sections(source.data)
        values = read_parameters(source.data.get("Parameters", {}), system.parameters)
        read = await read_document(source, values, Scope(region=region), (system.name, ""), cache)
    except (Problem, Problems) as found:
        raise source.error(found) from found
    wanted = [
        declared.properties.get("Runtime")
        for declared in read.template.resources.values()
        if declared.type == "AWS::Lambda::Function"
    ]
    known = [values.values.get(str(one.get("Ref"))) if isinstance(one, dict) else one for one in wanted]
    return frozenset(one for one in known if isinstance(one, str))
