"""Layers: archives of libraries that functions share, as versions that never change.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.lambda_errors import invalid
from sandbox.model.lambda_limits import LAYERS, UNZIPPED, Violations
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.lambda_.code import CodeStore
from sandbox.services.lambda_.records import LayerVersion, Package

_ARN = (
    r"^(arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:"
    r"[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)$"
)


class Layers:
    """Stores layer versions and checks what functions ask of them."""

    def __init__(self, kit: Kit, code: CodeStore) -> None:
        self._kit = kit
        self._code = code
        self._known: dict[tuple[Scope, str], dict[int, LayerVersion]] = {}

    def load(self) -> None:
        """Reads everything from the store anew."""
        decode = msgspec.json.Decoder(LayerVersion).decode
        self._known = {}
        for row in self._kit.database.rows("SELECT document FROM lambda_layers ORDER BY version"):
            self._keep(decode(row["document"]))

    def names(self, scope: Scope) -> list[str]:
        """The layers of a scope that have a version, by name."""
        return sorted(name for where, name in self._known if where == scope and self.versions(scope, name))

    def versions(self, scope: Scope, name: str) -> list[LayerVersion]:
        """The versions of a layer, newest first."""
        found = self._known.get((scope, name), {}).values()
        return sorted((one for one in found if not one.deleted), key=lambda one: -one.version)

    def get(self, scope: Scope, name: str, version: int) -> LayerVersion | None:
        """One version, or None."""
        found = self._known.get((scope, name), {}).get(version)
        return None if found is None or found.deleted else found

    def publish(self, scope: Scope, name: str, package: Package, **fields: Any) -> LayerVersion:
        """Stores a new version; numbers are not given twice."""
        version = LayerVersion(
            account=scope.account,
            region=scope.region,
            name=name,
            version=max(self._known.get((scope, name), {}), default=0) + 1,
            package=package,
            created=self._kit.clock.now(),
            **fields,
        )
        self.put(version)
        return version

    def put(self, version: LayerVersion) -> None:
        """Stores a version, or what hangs on it."""
        self._kit.database.execute(
            "INSERT OR REPLACE INTO lambda_layers VALUES (?, ?, ?, ?, ?)",
            (version.account, version.region, version.name, version.version, msgspec.json.encode(version)),
        )
        self._keep(version)

    def _keep(self, version: LayerVersion) -> None:
        self._known.setdefault((version.scope, version.name), {})[version.version] = version

    # --- what functions have -----------------------------------------------------------------------------
    def of(self, arns: Sequence[str]) -> list[LayerVersion]:
        """The versions that a function has, deleted ones too."""
        return [self._known[arn.scope, _name(arn.resource)][int(arn.name)] for arn in map(parse_arn, arns)]

    async def check(self, arns: Sequence[str], scope: Scope, package: Package) -> None:
        """Checks the layers of a function with this code.

        Raises:
            AwsError: there are too many, one does not exist, or they are too large together; extensions are
                refused by name.
        """
        found = Violations()
        for arn in arns:
            found.pattern(arn, "layers", _ARN)
        found.check()
        if len(arns) > LAYERS:
            raise invalid(f"Cannot reference more than {LAYERS} layers.")
        for at, arn in enumerate(arns):
            self._check_one(arn, scope)
            twin = next((one for one in arns[:at] if one.rsplit(":", 1)[0] == arn.rsplit(":", 1)[0]), None)
            if twin is not None:
                raise invalid(
                    "Two different versions of the same layer are not allowed to be referenced in the same "
                    f"function. {twin} and {arn} are not allowed."
                )
        packages = [version.package for version in self.of(arns)]
        for one in packages:
            await self._code.ready(one)
        if arns:
            await asyncio.to_thread(self._check_content, [*packages, package])

    def _check_one(self, arn: str, scope: Scope) -> None:
        parsed = parse_arn(arn)
        if not is_arn(arn) or parsed.resource.startswith("awslayer:"):
            raise NotImplementedByName("lambda", f"the layer {arn}")
        if parsed.region != scope.region:
            raise invalid(
                "Layers are not in the same region as the function. Layers are expected to be in region "
                f"{scope.region}."
            )
        if self.get(parsed.scope, _name(parsed.resource), int(parsed.name)) is None:
            raise invalid(f"Layer version {arn} does not exist.")

    def _check_content(self, packages: Sequence[Package]) -> None:
        total = 0
        for package in packages:
            folder = self._code.folder(package)
            extensions = folder / "extensions"
            if package is not packages[-1] and extensions.is_dir() and any(extensions.iterdir()):
                raise NotImplementedByName("lambda", "extensions (a layer has the folder extensions/)")
            total += _size(folder)
        if total > UNZIPPED and not all(package.live for package in packages):
            raise invalid(
                f"Function code combined with layers exceeds the maximum allowed size of {UNZIPPED} bytes. "
                f"The actual size is {total} bytes."
            )


def _name(resource: str) -> str:
    return resource.split(":")[1]


def _size(folder: Path) -> int:
    return sum(Path(place, name).lstat().st_size for place, _, names in os.walk(folder) for name in names)
