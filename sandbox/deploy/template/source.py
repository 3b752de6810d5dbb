"""The text of a template as plain data, with the line of every value.

Follows https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/format.html and the size limits
of
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from sandbox.deploy.template.problem import Path, Problem, Problems, describe
from sandbox.deploy.template.yaml_nodes import read_yaml
from sandbox.errors import TemplateError

#: Bytes a template may have (the limit for templates in S3).
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A template as it was written.

    Attributes:
        file: the template file.
        data: the document, short tags written out (`{"Ref": …}`).
        lines: the line (from 1) of each key and item, by its path.
    """

    file: File
    data: Mapping[str, Any]
    lines: Mapping[Path, int]

    @property
    def folder(self) -> File:
        """What local paths in the template are relative to."""
        return self.file.parent

    def line(self, path: Path) -> int | None:
        """The line of a path, or of the closest thing around it; resources made by SAM point to their
        origin."""
        for end in range(len(path), 1, -1):
            if (line := self.lines.get(path[:end])) is not None:
                return line
        if len(path) > 1 and path[0] == "Resources":
            made = str(path[1])
            origins = [key for key in self.data.get("Resources", {}) if made.startswith(key)]
            if origins:
                return self.lines.get(("Resources", max(origins, key=len)))
        return self.lines.get(path[:1])

    def error(self, found: Problem | Problems | Sequence[Problem]) -> TemplateError:
        """The error a person reads, of one or several problems."""
        if isinstance(found, Problems):
            found = found.problems
        problems = [found] if isinstance(found, Problem) else list(found)
        if len(problems) == 1:
            only = problems[0]
            return TemplateError(f"{self._where(only)} cannot be deployed", only.why, only.remedy)
        listed = "".join(f"\n    - {self._where(problem)}: {problem.why}" for problem in problems)
        remedies = dict.fromkeys(problem.remedy for problem in problems)
        return TemplateError(
            f"{self.file} has {len(problems)} problems; nothing was deployed",
            f"each of these must change:{listed}",
            "; ".join(remedies),
        )

    def _where(self, problem: Problem) -> str:
        line = self.line(problem.path)
        place = f"{self.file}:{line}" if line else str(self.file)
        return f"{place}: {describe(problem.path)}"


def read_source(file: File) -> Source:
    """Reads a template file, YAML or JSON.

    Raises:
        TemplateError: it cannot be read, is too large, or is not a template's text.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise TemplateError(
            f"the template {file} cannot be read",
            str(error.strerror or error),
            "give the path of a template file",
        ) from error
    if len(raw) > MAX_BYTES:
        raise TemplateError(
            f"the template {file} is too large",
            f"it has {len(raw)} bytes; CloudFormation takes at most {MAX_BYTES}",
            "split it into several stacks",
        )
    try:
        return parse_source(raw.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        raise TemplateError(
            f"the template {file} is not text", f"byte {error.start} is not UTF-8", "save it as UTF-8"
        ) from error


def parse_source(text: str, file: File) -> Source:
    """Parses the text of a template; `file` names it in errors and anchors its local paths.

    Raises:
        TemplateError: the text is not a document that CloudFormation reads.
    """
    try:
        if file.suffix == ".json" or text.lstrip().startswith("{"):
            data, lines = _read_json(text)
        else:
            data, lines = read_yaml(text)
    except Problem as problem:
        line = f":{problem.path[0]}" if problem.path else ""
        raise TemplateError(f"{file}{line} cannot be read", problem.why, problem.remedy) from None
    if not isinstance(data, dict) or not data:
        raise TemplateError(
            f"{file} is not a template", "its top level is not a mapping", "begin with a `Resources:` section"
        )
    source = Source(file, data, lines)
    nulls = list(_nulls(data, ()))
    if nulls:
        raise source.error(nulls)
    return source


def _read_json(text: str) -> tuple[Any, dict[Path, int]]:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in found:
            if key in made:
                raise Problem((), f"the key {key!r} occurs twice in one object", "keep one of them")
            made[key] = value
        return made

    try:
        data = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise Problem(
            (error.lineno,), f"it is not JSON: {error.msg}", "correct the text at that line"
        ) from error
    except RecursionError as error:
        raise Problem((), "it is nested too deeply", "flatten it") from error
    lines: dict[Path, int] = {}
    if isinstance(data, dict):
        for section, content in data.items():
            start = _find_line(text, section, 0, lines, (section,))
            for key in content if isinstance(content, dict) else ():
                _find_line(text, key, start, lines, (section, key))
    return data, lines


def _find_line(text: str, key: str, start: int, lines: dict[Path, int], path: Path) -> int:
    """JSON's parser tells no positions: the first time the key is quoted after its section is good enough."""
    found = text.find(json.dumps(key, ensure_ascii=False), start)
    if found >= 0:
        lines[path] = text.count("\n", 0, found) + 1
    return max(found, start)


def _nulls(value: Any, path: Path) -> list[Problem]:
    if value is None:
        return [
            Problem(path, "its value is null, which CloudFormation refuses", "give it a value or remove it")
        ]
    found: list[Problem] = []
    if isinstance(value, dict):
        for key, item in value.items():
            found += _nulls(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _nulls(item, (*path, index))
    return found
