"""The part `[[lint.suppress]]` of a `sandbox.toml`: lints that a system accepts, each with its reason."""

from __future__ import annotations

from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.system_file import Toml
from sandbox.model.lints import LINTS, Suppression


def read_suppressions(toml: Toml) -> tuple[Suppression, ...]:
    """What a file suppresses. `subject` is a resource's name, where `*` and `?` stand for anything.

    Raises:
        TemplateError: a code is unknown, or a reason is missing.
    """
    section = toml.section("lint")
    toml.only(section, "suppress", place="lint")
    tables = section.get("suppress", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise toml.error("lint", "suppress is not a list of tables", "write each as [[lint.suppress]]")
    found = []
    for table in tables:
        toml.only(table, "code", "subject", "reason", place="lint.suppress")
        code = toml.text(table, "code", place="lint.suppress")
        if code not in LINTS:
            raise toml.error(
                "code",
                f"there is no lint {code}.{did_you_mean(code, LINTS)}",
                f"use one of {', '.join(LINTS)}",
            )
        reason = toml.text(table, "reason", place="lint.suppress").strip()
        if not reason:
            raise toml.error("reason", f"the reason to suppress {code} is empty", "say why it is accepted")
        found.append(
            Suppression(code, toml.text(table, "subject", place="lint.suppress", default="*"), reason)
        )
    return tuple(found)
