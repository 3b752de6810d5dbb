"""Systems: a SAM template and, beside it, a `sandbox.toml` with what the template cannot say.

A name like `nfe` is looked up as `handlers/nfe/` from the current folder upwards, then among the systems that
ship with the package.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.deploy.load_section import LoadSpec, read_load
from sandbox.deploy.parameter_store import Parameters
from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.suppressions import read_suppressions
from sandbox.deploy.system_file import Toml, read_toml
from sandbox.errors import UsageError
from sandbox.model.lints import Suppression

SYSTEM_FILE = "sandbox.toml"
#: What a template is called where no `sandbox.toml` names it.
TEMPLATE_FILES = ("template.yaml", "template.yml", "template.json")
_PACKAGED = Path(__file__).resolve().parents[1] / "systems"
#: The systems of the package; of a checkout that is installed as it lies, its own folder of them.
SHIPPED = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parents[1] / "handlers"
#: Real seconds a seeder may take unless it says otherwise.
SEEDER_TIMEOUT = 120.0

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_PLACEHOLDER = re.compile(r"\{([a-z.]+)\}")


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """A database of the template; `migrations` is a folder of `NNNN_name.sql` files."""

    resource: str
    migrations: Path | None = None


@dataclass(frozen=True, slots=True)
class SeederSpec:
    """A program that fills the system: a Python module or a command, `timeout` in real seconds."""

    name: str
    module: str | None = None
    command: tuple[str, ...] = ()
    timeout: float = SEEDER_TIMEOUT


@dataclass(frozen=True, slots=True)
class Sent:
    """A template that came as a text, not in a file: the text, and the ARN that its stack has or gets."""

    text: str
    stack_id: str


@dataclass(frozen=True, slots=True)
class System:
    """What can be deployed.

    Attributes:
        name: name of the stack.
        folder: where it is; relative paths begin there.
        template: the template file.
        parameters: values of the template's parameters.
        saga: the saga declaration, if it has one.
        suppressions: lints that it accepts, each with its reason.
        load: what `sandbox load` sends to it.
        keys: business keys, and where payloads carry them (`$.pedidoId`); a saga declaration adds its own.
        parameter_store: what has to be in the Parameter Store before it is deployed.
        given: values of parameters that a command gave; they go before `parameters`, and are kept.
        sent: the template, where it is in no file; `template` only names it then.
        nested: the ARN of its stack, where that is within another.
    """

    name: str
    folder: Path
    template: Path
    parameters: Mapping[str, str]
    databases: tuple[DatabaseSpec, ...] = ()
    seeders: tuple[SeederSpec, ...] = ()
    saga: Path | None = None
    suppressions: tuple[Suppression, ...] = ()
    load: LoadSpec | None = None
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameter_store: Parameters = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    sent: Sent | None = None
    nested: str = ""


def machine_architecture() -> str:
    """This machine's processor as Lambda calls it: `x86_64` or `arm64`."""
    return "arm64" if platform.machine().lower() in {"aarch64", "arm64"} else "x86_64"


def find_system(argument: str | None, start: Path, *, shipped: Path = SHIPPED) -> System | None:
    """Finds and reads a system.

    Args:
        argument: its name, its folder, its `sandbox.toml` or a template file; None means `start` itself.
        start: the current folder.
        shipped: folder of the systems that come with the package.

    Returns:
        The system; None when nothing was named and `start` holds none.

    Raises:
        UsageError: no such system, or the folder holds none.
        TemplateError: its `sandbox.toml` is wrong.
    """
    if argument is None:
        return _read_folder(start)
    path = (start / argument).expanduser()
    looks_like_path = (
        "/" in argument or argument.endswith((".yaml", ".yml", ".json", ".toml")) or argument == "."
    )
    if not looks_like_path:
        named = _named(argument, start, shipped)
        if named is not None:
            return named
    if path.is_dir():
        found = _read_folder(path)
        if found is None:
            raise UsageError(
                f"{path} holds no system",
                f"it has neither {SYSTEM_FILE} nor {TEMPLATE_FILES[0]}",
                "give the folder of a SAM template",
            )
        return found
    if path.is_file():
        return _read_file(path)
    names = system_names(start, shipped=shipped)
    if looks_like_path:
        raise UsageError(
            f"there is no system {argument}",
            f"{path.resolve()} is neither a folder nor a template file",
            f"give the path of a template, from {start}; or name one of {', '.join(names)}",
        )
    raise UsageError(
        f"there is no system {argument}",
        f"no handlers/{argument}/ from {start} upwards, and no such folder or template."
        f"{did_you_mean(argument, names)}",
        f"name one of {', '.join(names)}, or a template file" if names else "name a template file",
    )


def system_names(start: Path, *, shipped: Path = SHIPPED) -> list[str]:
    """The names that `find_system` knows from here."""
    names: set[str] = set()
    for parent in (*(folder / "handlers" for folder in (start, *start.parents)), shipped):
        if parent.is_dir():
            names.update(child.name for child in parent.iterdir() if child.is_dir() and _holds_system(child))
    return sorted(names)


def _named(name: str, start: Path, shipped: Path) -> System | None:
    for folder in (*(parent / "handlers" / name for parent in (start, *start.parents)), shipped / name):
        if folder.is_dir() and (found := _read_folder(folder)) is not None:
            return found
    return None


def _holds_system(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (SYSTEM_FILE, *TEMPLATE_FILES))


def _read_folder(folder: Path) -> System | None:
    for name in (SYSTEM_FILE, *TEMPLATE_FILES):
        if (folder / name).is_file():
            return _read_file(folder / name)
    return None


def _read_file(path: Path) -> System:
    path = path.resolve()
    if path.suffix == ".toml":
        return _from_toml(read_toml(path))
    return System(_stack_name(path), path.parent, path, {})


def _stack_name(template: Path) -> str:
    """A name for a template without `sandbox.toml`: its own, or its folder's where it is just `template`.

    What the CDK synthesises is called `STACK.template.json`.
    """
    folder = template.parent
    if folder.parts[-2:] == (".aws-sam", "build"):
        folder = folder.parents[1]  # what `sam build` made of the template there
    stem = folder.name if template.stem == "template" else template.stem.removesuffix(".template")
    name = re.sub(r"[^A-Za-z0-9-]+", "-", stem).strip("-")
    return name if _NAME.fullmatch(name) else f"stack-{name}".rstrip("-")


_SECTIONS = (
    "name",
    "template",
    "parameters",
    "databases",
    "seeders",
    "saga",
    "keys",
    "lint",
    "load",
    "parameter-store",
)


# --- sandbox.toml ----------------------------------------------------------------------------------------
def _from_toml(toml: Toml) -> System:
    toml.only(toml.data, *_SECTIONS)
    folder = toml.file.parent
    name = toml.text(toml.data, "name", default=_stack_name(folder / "template"))
    if not _NAME.fullmatch(name):
        raise toml.error("name", f"{name!r} is not a name for a stack", "use letters, digits and hyphens")
    template = folder / toml.text(toml.data, "template", default=TEMPLATE_FILES[0])
    if not template.is_file():
        raise toml.error("template", f"there is no file {template}", "give the path of the template")
    saga = None
    if "saga" in toml.data:
        section = toml.section("saga")
        toml.only(section, "declaration", place="saga")
        saga = folder / toml.text(section, "declaration", place="saga")
    return System(
        name,
        folder,
        template.resolve(),
        _parameters(toml),
        _databases(toml),
        _seeders(toml),
        saga,
        read_suppressions(toml),
        read_load(toml),
        _keys(toml),
        _parameter_store(toml),
    )


def _parameters(toml: Toml) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in toml.section("parameters").items():
        if isinstance(value, list | dict):
            raise toml.error(name, f"the parameter {name} is not a text", "give a text or a number")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        values[name] = _PLACEHOLDER.sub(lambda match, name=name: _expand(toml, name, match[1]), text)  # type: ignore[misc]
    return values


def _parameter_store(toml: Toml) -> dict[str, str | tuple[str, ...]]:
    values: dict[str, str | tuple[str, ...]] = {}
    for name, value in toml.section("parameter-store").items():
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            values[name] = tuple(value)
        elif isinstance(value, str):
            values[name] = value
        else:
            why = f"the value of {name} is neither a text nor a list of texts"
            raise toml.error(name, why, 'write "/net/vpc" = "vpc-1"')
    return values


def _expand(toml: Toml, parameter: str, placeholder: str) -> str:
    if placeholder == "machine.architecture":
        return machine_architecture()
    hint = did_you_mean(placeholder, ["machine.architecture"])
    raise toml.error(parameter, f"{{{placeholder}}} is not known.{hint}", "use {machine.architecture}")


def _keys(toml: Toml) -> dict[str, tuple[str, ...]]:
    keys: dict[str, tuple[str, ...]] = {}
    for name, paths in toml.section("keys").items():
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise toml.error(name, f"the paths of {name} are not a list of texts", 'write ["$.orderId"]')
        keys[name] = tuple(paths)
    return keys


def _databases(toml: Toml) -> tuple[DatabaseSpec, ...]:
    found = []
    for table in toml.tables("databases"):
        toml.only(table, "resource", "migrations", place="databases")
        migrations = toml.text(table, "migrations", place="databases", default="")
        folder = toml.file.parent / migrations if migrations else None
        if folder is not None and not folder.is_dir():
            raise toml.error(
                "migrations", f"there is no folder {folder}", "give the folder of the migrations"
            )
        found.append(DatabaseSpec(toml.text(table, "resource", place="databases"), folder))
    return tuple(found)


def _seeders(toml: Toml) -> tuple[SeederSpec, ...]:
    found: list[SeederSpec] = []
    for table in toml.tables("seeders"):
        toml.only(table, "name", "module", "command", "timeout", place="seeders")
        name = toml.text(table, "name", place="seeders")
        command = table.get("command", [])
        if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
            raise toml.error(
                "command", f"the command of {name} is not a list of texts", 'write ["program", "word"]'
            )
        module = toml.text(table, "module", place="seeders", default="")
        if bool(module) == bool(command):
            raise toml.error(
                "seeders", f"the seeder {name} needs either a module or a command", "give one of them"
            )
        timeout = table.get("timeout", SEEDER_TIMEOUT)
        if not isinstance(timeout, int | float) or isinstance(timeout, bool) or timeout <= 0:
            raise toml.error("timeout", f"{timeout!r} is not a number of seconds", "give seconds above 0")
        if any(other.name == name for other in found):
            raise toml.error("seeders", f"two seeders are named {name}", "give each its own name")
        found.append(SeederSpec(name, module or None, tuple(command), float(timeout)))
    return tuple(found)
