"""The saga declarations of what is deployed, read from files, with the names of their stacks in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from sandbox.errors import SandboxError, TemplateError
from sandbox.flow.keys import BusinessKey, business_key
from sandbox.model.saga.declaration import Declaration, DeclarationError, Place
from sandbox.model.saga.names import resolve
from sandbox.model.saga.parsing import parse_declaration
from sandbox.model.scope import DEFAULT_ACCOUNT, Scope
from sandbox.session.choosing import near_ids

if TYPE_CHECKING:
    from sandbox.session.deployment import Deployment


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration of a stack, with the stack's names in it.

    Attributes:
        stack: name of the stack.
        scope: where the stack is.
    """

    stack: str
    declaration: Declaration
    scope: Scope = Scope()


def read_keys(path: Path) -> list[BusinessKey]:
    """The business keys of a saga declaration.

    Raises:
        TemplateError: the declaration is wrong.
    """
    declaration = read_declaration(path)
    return [business_key(declaration.key, declaration.key_paths)]


def read_declaration(path: Path) -> Declaration:
    """Reads and checks a saga declaration.

    Raises:
        TemplateError: it cannot be read, or is wrong: with its line.
    """
    try:
        text = path.read_text()
        document = yaml.safe_load(text)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise TemplateError(
            f"the saga declaration {path} cannot be read",
            str(error),
            "correct it, or take [saga] out of sandbox.toml",
        ) from error
    try:
        return parse_declaration(document)
    except DeclarationError as error:
        raise located(path, text, error) from error


def located(path: Path, text: str, error: DeclarationError) -> TemplateError:
    """A mistake in a declaration, with the line on which it stands."""
    line = _line(text, error.place)
    where = f"{path}:{line}" if line else str(path)
    return TemplateError(f"{where}: {error.what}", error.why, error.remedy)


def named(path: Path, declaration: Declaration, resources: Mapping[str, tuple[str, str]]) -> Declaration:
    """A declaration with the names of a stack's resources in it.

    Args:
        path: where it is declared, for errors.
        resources: type and physical id of each resource by its logical id.

    Raises:
        TemplateError: it names what the stack does not have: with its line.
    """
    names = {logical: _name(kind, physical) for logical, (kind, physical) in resources.items()}
    try:
        return resolve(declaration, names)
    except DeclarationError as error:
        raise located(path, path.read_text(), error) from error


class SagaBook:
    """The declarations of all stacks, read again when a file has changed."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[int, Declaration]] = {}

    def of(self, deployment: Deployment, account: str = DEFAULT_ACCOUNT) -> list[Declared]:
        """The declarations of an account's deployed systems that have one.

        Raises:
            TemplateError: a declaration is wrong, or names what its stack does not have.
        """
        found = []
        for system in deployment.recorded(account):
            if system.saga is None:
                continue
            resources = deployment.of_account(account).resources(system.name)
            declaration = named(system.saga, self._declaration(system.saga), resources)
            found.append(Declared(stack=system.name, declaration=declaration, scope=Scope(account)))
        return found

    def _declaration(self, path: Path) -> Declaration:
        changed = path.stat().st_mtime_ns if path.exists() else 0
        known = self._read.get(path)
        if known is None or known[0] != changed:
            known = self._read[path] = (changed, read_declaration(path))
        return known[1]


def no_saga(reference: str, known: Sequence[str]) -> SandboxError:
    """The error for an id that no saga has; suggests near ones."""
    near = near_ids(reference, known)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    return SandboxError(
        f"no saga has the id {reference}",
        "neither the database nor the journal knows this value of the business key",
        f"{hint}`sandbox saga ls` lists the newest",
    )


def _name(kind: str, physical: str) -> str:
    """What a resource is called in ARNs and in the journal: a queue's physical id is its URL."""
    return physical.rsplit("/", 1)[-1] if kind == "AWS::SQS::Queue" else physical


def _line(text: str, place: Place) -> int | None:
    """The line of a place in a YAML text, or of the nearest thing around it."""
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    line = node.start_mark.line + 1 if node is not None else None
    for part in place:
        below = _below(node, part)
        if below is None:
            break
        key, node = below
        line = key.start_mark.line + 1
    return line


def _below(node: Any, part: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None
