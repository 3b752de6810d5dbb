"""Publishing versions: a copy of code and configuration that never changes.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

import msgspec

from sandbox.model.lambda_errors import conflict, invalid
from sandbox.services.base import Kit
from sandbox.services.lambda_.code import CodeStore
from sandbox.services.lambda_.functions import Functions
from sandbox.services.lambda_.records import Function
from sandbox.services.lambda_.specs import Specs


class Versions:
    """Publishes and deletes versions."""

    def __init__(self, kit: Kit, functions: Functions, code: CodeStore, specs: Specs) -> None:
        self._kit = kit
        self._functions = functions
        self._code = code
        self._specs = specs

    async def publish(
        self, function: Function, description: str | None = None, sha256: str | None = None
    ) -> Function:
        """Publishes what `$LATEST` is now; nothing new when it is as it was last published.

        Args:
            description: of the version; None for the function's.
            sha256: what the code must be (`CodeSha256`).

        Raises:
            AwsError: the code is another one, or is gone.
        """
        package = await self._code.current(function.package)
        if sha256 not in (None, package.sha256):
            raise invalid(
                f"CodeSHA256 ({sha256}) is different from current CodeSHA256 in $LATEST "
                f"({package.sha256}). Please try again with the CodeSHA256 in $LATEST."
            )
        last = self._functions.versions(function).get(str(function.published))
        if last is not None and (last.edition, last.package.sha256) == (function.edition, package.sha256):
            return last
        frozen = await self._code.freeze(package)
        # It may have changed while the code was copied; numbers and aliases are those of now.
        function = self._functions.get(function.scope, function.name) or function
        number = function.published + 1
        version = msgspec.structs.replace(
            function,
            version=str(number),
            package=frozen,
            description=function.description if description is None else description,
            revision=self._kit.ids.uuid(),
            modified=self._kit.clock.now(),
            tags={},
            reserved=None,
            aliases={},
            policies={},
            invoke_configs={},
            urls={},
            provisioned={},
        )
        self._functions.publish(
            msgspec.structs.replace(function, published=number, revision=self._kit.ids.uuid()), version
        )
        return version

    async def delete(self, function: Function, number: str) -> None:
        """Deletes a version; one that does not exist is no error, as on AWS.

        Raises:
            AwsError: `ResourceConflictException`, aliases refer to it.
        """
        users = [
            alias.name
            for alias in function.aliases.values()
            if number == alias.version or number in alias.weights
        ]
        if users:
            raise conflict(
                f"Unable to delete version because the following aliases reference it: [{', '.join(users)}]"
            )
        version = self._functions.versions(function).get(number)
        if version is None:
            return
        self._functions.delete_version(version)
        await self._specs.retire([version])
