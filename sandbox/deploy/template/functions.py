"""Intrinsic functions, resolved against parameters and whatever is known of the resources.

Follows https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-
reference.html.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.template import extensions
from sandbox.deploy.template.declarations import LANGUAGE_EXTENSIONS, Template
from sandbox.deploy.template.problem import Path, Problem
from sandbox.deploy.template.secret import SecretText
from sandbox.deploy.template.values import NO_VALUE, Unknown, as_text, first_unknown

_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
_NO_SUCH = "name a parameter or a resource of this template"


class Lookups(Protocol):
    """What the functions ask about resources and other stacks."""

    def ref(self, logical_id: str) -> Any:
        """`Ref` of a resource, or `Unknown`."""
        ...

    def attribute(self, logical_id: str, name: str, path: Path) -> Any:
        """An attribute of a resource, or `Unknown`.

        Raises:
            Problem: the type has no such attribute.
        """
        ...

    def imported(self, name: str) -> str | None:
        """The value that another stack exports by that name."""
        ...


class Resolver:
    """Resolves the functions in values of one template.

    Args:
        template: the declarations.
        names: `Ref` of parameters and pseudo parameters.
        lookups: what is known of resources.
        region: the region that `Fn::GetAZs` answers for.
    """

    def __init__(self, template: Template, names: Mapping[str, Any], lookups: Lookups, region: str) -> None:
        self._template = template
        self._names = names
        self._lookups = lookups
        self._region = region
        self._conditions: dict[str, bool] = {}
        self._deciding: list[str] = []
        self._functions: dict[str, Callable[[Any, Path], Any]] = {
            "Ref": self._ref,
            "Condition": self._named_condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::Equals": self._equals,
            "Fn::And": lambda value, path: all(self._several(value, path)),
            "Fn::Or": lambda value, path: any(self._several(value, path)),
            "Fn::Not": self._not,
            "Fn::ImportValue": self._import,
            "Fn::Base64": self._base64,
            "Fn::Cidr": self._cidr,
            "Fn::GetAZs": self._zones,
            "Fn::Length": lambda value, path: extensions.length(self.resolve(value, path), path),
            "Fn::ToJsonString": lambda value, path: extensions.to_json_string(
                self.resolve(value, path), path
            ),
            "Fn::Contains": lambda value, path: extensions.contains(self.resolve(value, path), path),
            "Fn::EachMemberEquals": lambda value, path: extensions.each_member_equals(
                self.resolve(value, path), path
            ),
            "Fn::EachMemberIn": lambda value, path: extensions.each_member_in(
                self.resolve(value, path), path
            ),
        }

    # --- entry points ------------------------------------------------------------------------------------
    def resolve(self, value: Any, path: Path) -> Any:
        """`value` with every function resolved; parts that are not known yet are `Unknown`.

        Raises:
            Problem: a function is wrong, not implemented, or names something that does not exist.
        """
        if isinstance(value, dict):
            name = function_of(value, path)
            if name is not None:
                return self._call(name, value[name], (*path, name))
            resolved = {key: self.resolve(item, (*path, key)) for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not NO_VALUE}
        if isinstance(value, list):
            items = [self.resolve(item, (*path, index)) for index, item in enumerate(value)]
            return [item for item in items if item is not NO_VALUE]
        return value

    def condition(self, name: str, path: Path) -> bool:
        """Whether a condition of the template holds.

        Raises:
            Problem: no such condition, or it is made of itself.
        """
        if name in self._conditions:
            return self._conditions[name]
        if name not in self._template.conditions:
            hint = did_you_mean(name, self._template.conditions)
            raise Problem(path, f"there is no condition {name}.{hint}", "declare it under Conditions")
        if name in self._deciding:
            circle = " -> ".join([*self._deciding[self._deciding.index(name) :], name])
            raise Problem(
                ("Conditions", name), f"the condition is made of itself: {circle}", "break the circle"
            )
        self._deciding.append(name)
        decided = self.truth(self._template.conditions[name], ("Conditions", name))
        self._deciding.pop()
        self._conditions[name] = decided
        return decided

    # --- conditions --------------------------------------------------------------------------------------
    def truth(self, value: Any, path: Path) -> bool:
        """Whether a condition, written out or named by `Condition`, holds.

        Raises:
            Problem: it is none, or depends on a resource.
        """
        if isinstance(value, dict) and set(value) == {"Condition"}:
            return self.condition(value["Condition"], (*path, "Condition"))
        resolved = self.resolve(value, path)
        if isinstance(resolved, Unknown):
            raise Problem(
                path, f"a condition cannot use the resource {resolved.logical_id}", "use parameters only"
            )
        if not isinstance(resolved, bool):
            raise Problem(
                path, "it is neither true nor false", "use Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition"
            )
        return resolved

    def _several(self, value: Any, path: Path) -> list[bool]:
        if not isinstance(value, list) or not 2 <= len(value) <= 10:
            raise Problem(path, "it takes a list of 2 to 10 conditions", "give such a list")
        return [self.truth(item, (*path, index)) for index, item in enumerate(value)]

    def _not(self, value: Any, path: Path) -> bool:
        if not isinstance(value, list) or len(value) != 1:
            raise Problem(path, "it takes a list of one condition", "write `[condition]`")
        return not self.truth(value[0], (*path, 0))

    def _equals(self, value: Any, path: Path) -> bool:
        left, right = (self.resolve(item, path) for item in _exactly(value, 2, path, "[left, right]"))
        unknown = first_unknown([left, right])
        if unknown:
            raise Problem(
                path, f"a condition cannot use the resource {unknown.logical_id}", "use parameters only"
            )
        if isinstance(left, list | dict) or isinstance(right, list | dict):
            return bool(left == right)
        return as_text(left) == as_text(right)

    def _if(self, value: Any, path: Path) -> Any:
        name, yes, no = _exactly(value, 3, path, "[condition, value if true, value if false]")
        if not isinstance(name, str):
            raise Problem(
                (*path, 0), "it is not the name of a condition", "name one of the Conditions section"
            )
        return self.resolve(*((yes, (*path, 1)) if self.condition(name, path) else (no, (*path, 2))))

    def _named_condition(self, value: Any, path: Path) -> Any:
        # Outside of Conditions this is an ordinary key: IAM policies have one.
        if path and path[0] == "Conditions" and isinstance(value, str):
            return self.condition(value, path)
        return {"Condition": self.resolve(value, path)}

    # --- references --------------------------------------------------------------------------------------
    def _ref(self, value: Any, path: Path) -> Any:
        if not isinstance(value, str):
            raise Problem(path, "it does not name anything", _NO_SUCH)
        if value in self._names:
            return self._names[value]
        self._must_exist(value, path)
        return self._lookups.ref(value)

    def _get_att(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            value = value.split(".", 1)
        logical_id, name = _exactly(value, 2, path, "[resource, attribute]")
        name = self.resolve(name, (*path, 1))
        if not isinstance(logical_id, str) or not isinstance(name, str):
            raise Problem(
                path, "it takes a logical id and an attribute's name", "write `!GetAtt Resource.Attribute`"
            )
        self._must_exist(logical_id, path)
        return self._lookups.attribute(logical_id, name, path)

    def _must_exist(self, name: str, path: Path) -> None:
        declaration = self._template.resources.get(name)
        if declaration is None:
            known = [*self._template.resources, *self._names]
            raise Problem(
                path, f"there is no parameter or resource {name}.{did_you_mean(name, known)}", _NO_SUCH
            )
        if declaration.condition and not self.condition(declaration.condition, path):
            raise Problem(
                path,
                f"{name} is not created, because the condition {declaration.condition} does not hold",
                "use the reference under Fn::If with the same condition",
            )

    def _import(self, value: Any, path: Path) -> Any:
        name = self.resolve(value, path)
        if isinstance(name, Unknown):
            raise Problem(
                path, f"its name depends on the resource {name.logical_id}", "make the name of parameters"
            )
        found = self._lookups.imported(as_text(name))
        if found is None:
            raise Problem(path, f"no stack exports {name}", "deploy the stack that exports it first")
        return found

    # --- texts and lists ---------------------------------------------------------------------------------
    def _sub(self, value: Any, path: Path) -> Any:
        template, given = (
            (value, {}) if isinstance(value, str) else _exactly(value, 2, path, "[text, variables]")
        )
        if not isinstance(template, str) or not isinstance(given, dict):
            raise Problem(path, "it takes a text, or a text and a mapping of variables", "write `!Sub text`")
        variables = {key: self.resolve(item, (*path, 1, key)) for key, item in given.items()}
        unknown: list[Unknown] = []
        secret: list[SecretText] = []

        def replace(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return "${" + match[2] + "}"
            found = variables[name] if name in variables else self._variable(name, path)
            if isinstance(found, Unknown):
                unknown.append(found)
            elif isinstance(found, SecretText):
                secret.append(found)
            elif isinstance(found, list | dict):
                raise Problem(path, f"${{{name}}} is not a text", "use Fn::Join to make one of a list")
            return as_text(found)

        text = _VARIABLE.sub(replace, template)
        return unknown[0] if unknown else SecretText(text) if secret else text

    def _variable(self, name: str, path: Path) -> Any:
        if "." in name:
            return self._get_att(name, path)
        return self._ref(name, path)

    def _join(self, value: Any, path: Path) -> Any:
        delimiter, items = _exactly(value, 2, path, "[delimiter, [texts]]")
        items = self.resolve(items, (*path, 1))
        unknown = first_unknown(items)
        if unknown:
            return unknown
        if not isinstance(delimiter, str) or not isinstance(items, list):
            raise Problem(path, "it takes a text and a list", "write `[delimiter, [texts]]`")
        if any(isinstance(item, list | dict) for item in items):
            raise Problem(path, "one of its items is not a text", "join texts only")
        return _as_secret_as(items, delimiter.join(as_text(item) for item in items))

    def _split(self, value: Any, path: Path) -> Any:
        delimiter, text = _exactly(value, 2, path, "[delimiter, text]")
        text = self.resolve(text, (*path, 1))
        if isinstance(text, Unknown):
            return text
        if not isinstance(delimiter, str) or not delimiter or not isinstance(text, str):
            raise Problem(path, "it takes a delimiter and a text", "write `[delimiter, text]`")
        return [_as_secret_as([text], part) for part in text.split(delimiter)]

    def _select(self, value: Any, path: Path) -> Any:
        index, items = (self.resolve(item, path) for item in _exactly(value, 2, path, "[index, list]"))
        if isinstance(items, Unknown):
            return items
        if not isinstance(items, list):
            raise Problem(path, "it selects from something that is not a list", "write `[index, list]`")
        try:
            position = int(as_text(index))
        except ValueError:
            raise Problem(path, f"{index!r} is not an index", "give a number from 0") from None
        if not 0 <= position < len(items):
            raise Problem(
                path, f"there is no item {position} in a list of {len(items)}", "give a smaller index"
            )
        return items[position]

    def _find_in_map(self, value: Any, path: Path) -> Any:
        # With the language extensions, a fourth item has the value of keys that are not there.
        more = value[3] if self._template.extended and isinstance(value, list) and len(value) == 4 else None
        default = more if isinstance(more, dict) and set(more) == {"DefaultValue"} else None
        value = value[:3] if default else value
        keys = [self.resolve(item, path) for item in _exactly(value, 3, path, "[map, first key, second key]")]
        if unknown := first_unknown(keys):
            raise Problem(path, f"it asks for the resource {unknown.logical_id}", "use parameters only")
        found: Any = self._template.mappings
        for key, kind in zip(keys, ("mapping", "first key", "second key"), strict=True):
            if not isinstance(found, dict) or as_text(key) not in found:
                if default:
                    return self.resolve(default["DefaultValue"], path)
                hint = did_you_mean(as_text(key), found if isinstance(found, dict) else ())
                raise Problem(
                    path, f"there is no {kind} {key}.{hint}", "correct it, or complete the Mappings"
                )
            found = found[as_text(key)]
        return found

    def _base64(self, value: Any, path: Path) -> Any:
        text = self.resolve(value, path)
        if isinstance(text, Unknown):
            return text
        return _as_secret_as([text], base64.b64encode(as_text(text).encode()).decode())

    # --- the network -------------------------------------------------------------------------------------
    def _cidr(self, value: Any, path: Path) -> Any:
        parts = [self.resolve(item, path) for item in value] if isinstance(value, list) else []
        unknown = first_unknown(parts)
        if unknown:
            return unknown
        try:
            block, count, bits = [*parts, 32][:3]
            network = ipaddress.ip_network(as_text(block))
            length = network.max_prefixlen - int(as_text(bits))
            number = int(as_text(count))
            if not 1 <= number <= 256:
                raise ValueError("the count is from 1 to 256")
            made = []
            for subnet in network.subnets(new_prefix=length):
                made.append(str(subnet))
                if len(made) == number:
                    return made
        except ValueError as error:
            raise Problem(path, f"not address blocks: {error}", "write `[block, count, bits]`") from error
        raise Problem(
            path, f"{block} does not hold {number} blocks of /{length}", "ask for fewer or smaller blocks"
        )

    def _zones(self, value: Any, path: Path) -> Any:
        region = self.resolve(value, path) or self._region
        if isinstance(region, Unknown):
            return region
        return [f"{region}{zone}" for zone in ("abcdef" if region == "us-east-1" else "abc")]

    def _call(self, name: str, value: Any, path: Path) -> Any:
        function = self._functions.get(name)
        if function is None:
            hint = did_you_mean(name, self._functions)
            raise Problem(path, f"{name} is not implemented.{hint}", "write out what it would give")
        if name in extensions.OF_THE_TRANSFORM and not self._template.extended:
            raise Problem(
                path,
                f"{name} needs the transform {LANGUAGE_EXTENSIONS}",
                f"put {LANGUAGE_EXTENSIONS} before others under Transform",
            )
        if name in extensions.OF_RULES and path[0] != "Rules":
            raise Problem(path, f"{name} is a function of rules only", "use it in the section Rules")
        return function(value, path)


def function_of(value: Mapping[str, Any], path: Path = ()) -> str | None:
    """The function that a mapping calls, or None where it is plain data.

    Raises:
        Problem: a function stands beside other keys.
    """
    if len(value) == 1:
        (key,) = value
        return key if key in {"Ref", "Condition"} or key.startswith("Fn::") else None
    for key in value:
        if key.startswith("Fn::"):
            raise Problem(
                (*path, key), f"{key} stands beside other keys", "let it be the only key of its mapping"
            )
    return None


def _as_secret_as(parts: list[Any], text: str) -> str:
    """What is made of a secret is a secret."""
    return SecretText(text) if any(isinstance(part, SecretText) for part in parts) else text


def _exactly(value: Any, count: int, path: Path, form: str) -> list[Any]:
    if not isinstance(value, list) or len(value) != count:
        raise Problem(path, f"it takes a list of {count}: {form}", f"write {form}")
    return value
