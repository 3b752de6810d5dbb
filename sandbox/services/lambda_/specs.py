"""What the runtime has to run for a function: the spec, with dependencies resolved and tokens replaced."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from sandbox.errors import DependencyError
from sandbox.model.lambda_errors import conflict, invalid
from sandbox.model.ports import Bindings, Executor, FunctionSpec
from sandbox.services.lambda_.code import CodeStore
from sandbox.services.lambda_.layers import Layers
from sandbox.services.lambda_.records import Function, Package


class Dependencies(Protocol):
    """Prepares what a function's `requirements.txt` names (implemented by `deploy`)."""

    async def resolve(self, code_dir: Path, runtime: str) -> tuple[str, ...]:
        """Folders to put on `sys.path`; quick when the same requirements were resolved before.

        Args:
            code_dir: holds a `requirements.txt`.
            runtime: the function's runtime, `python3.13`.

        Raises:
            DependencyError: they could not be prepared.
        """
        ...


class Specs:
    """Builds specs; what is expensive is done again only when the code changed.

    Args:
        dependencies: None when every package is to bring its own.
    """

    def __init__(
        self,
        code: CodeStore,
        layers: Layers,
        executor: Executor,
        bindings: Bindings,
        dependencies: Dependencies | None,
    ) -> None:
        self._code = code
        self._layers = layers
        self._executor = executor
        self._bindings = bindings
        self._dependencies = dependencies
        self._resolved: dict[tuple[str, str, tuple[int, int]], tuple[str, ...]] = {}
        self._built: dict[tuple[str, str, str, str], tuple[Function, FunctionSpec]] = {}

    def forget(self) -> None:
        """Drops what is remembered."""
        self._resolved.clear()
        self._built.clear()

    async def retire(self, functions: Iterable[Function]) -> None:
        """Ends the environments of functions or versions that are changed or gone."""
        for function in functions:
            self._built.pop((function.account, function.region, function.name, function.version), None)
            await self._executor.retire(str(function.arn))

    async def build(self, function: Function) -> FunctionSpec:
        """The spec of a function as its code and configuration are now.

        Raises:
            AwsError: `ResourceConflictException`, its code is gone or its dependencies cannot be prepared.
        """
        key = await self._key(function.package)
        layers = [version.package for version in self._layers.of(function.layers)]
        for layer in layers:
            key += f"+{await self._key(layer)}"
        place = (function.account, function.region, function.name, function.version)
        known = self._built.get(place)
        if known is not None:
            if known[0] is function and known[1].code_key == key:
                return known[1]
            if known[1].code_key != key:
                await self._executor.retire(known[1].arn)
        spec = await self._compose(function, key, tuple(str(self._code.folder(layer)) for layer in layers))
        self._built[place] = (function, spec)
        return spec

    async def _key(self, package: Package) -> str:
        if not package.live:  # for a live folder `key` sees whether it is there
            await self._code.ready(package)
        return self._code.key(package)

    async def _compose(self, function: Function, key: str, layers: tuple[str, ...]) -> FunctionSpec:
        package = function.package
        try:
            dependencies = await self._resolve(package, function.runtime)
        except DependencyError as error:
            raise conflict(f"The function {function.name} cannot run. {error}") from error
        return FunctionSpec(
            arn=str(function.arn),
            name=function.name,
            version=function.version,
            scope=function.scope,
            runtime=function.runtime,
            handler=function.handler,
            code=str(self._code.folder(package)),
            code_key=key,
            dependencies=dependencies,
            layers=layers,
            log_format=function.log_format,
            log_level=function.log_level,
            system_log_level=function.system_log_level,
            environment=tuple(sorted(self.environment(function).items())),
            timeout=float(function.timeout),
            memory=function.memory,
            tmp_size=function.tmp_size,
            role=function.role,
            log_group=log_group(function),
            tracing=function.tracing,
        )

    def environment(self, function: Function) -> dict[str, str]:
        """The function's variables with their tokens replaced."""
        arn = str(function.arn)
        return {name: self._bindings.expand(value, arn) for name, value in function.environment.items()}

    async def prepare(self, package: Package, runtime: str) -> None:
        """Resolves dependencies at deployment, so that what is wrong with them fails the deployment.

        Raises:
            AwsError: `InvalidParameterValueException` with the cause and the remedy.
        """
        try:
            await self._resolve(package, runtime)
        except DependencyError as error:
            # AWS's messages are one line.
            why = " ".join(error.why.split())
            raise invalid(
                f"The dependencies of the function could not be prepared: {error.what}. {why}. {error.remedy}"
            ) from error

    async def _resolve(self, package: Package, runtime: str) -> tuple[str, ...]:
        folder = self._code.folder(package)
        stamp = _requirements(folder) if self._dependencies and runtime.startswith("python") else None
        if stamp is None or self._dependencies is None:
            return ()
        key = (str(folder), runtime, stamp)
        if (known := self._resolved.get(key)) is not None:
            return known
        found = await self._dependencies.resolve(folder, runtime)
        self._resolved[key] = found
        return found


def log_group(function: Function) -> str:
    """Where the function's log goes."""
    return function.log_group or f"/aws/lambda/{function.name}"


def _requirements(folder: Path) -> tuple[int, int] | None:
    """What tells one state of `requirements.txt` from another; None when nothing is to be resolved."""
    try:
        status = (folder / "requirements.txt").stat()
    except OSError:
        return None
    # A package that holds installed distributions was built, and is complete as it is.
    with os.scandir(folder) as entries:
        if any(entry.name.endswith(".dist-info") for entry in entries):
            return None
    return status.st_mtime_ns, status.st_size
