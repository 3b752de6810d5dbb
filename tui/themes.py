"""The themes: dark, light, high contrast, and one whose states do not depend on telling red from green."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

#: The roles of a palette; each is a colour.
_ROLES = ("text", "dim", "idle", "strong", "title", "accent", "ok", "busy", "warn", "bad")


def _theme(
    name: str, *, dark: bool, grounds: tuple[str, str, str], colours: Mapping[str, str], cursor: str
) -> Theme:
    """A theme.

    Args:
        grounds: background, surface of bars, panel of dialogs.
        colours: role -> colour.
        cursor: background of the row under the cursor.
    """
    background, surface, panel = grounds
    variables = {f"tone-{role}": colours[role] for role in _ROLES}
    variables |= {
        "cursor-row": cursor,
        "block-cursor-foreground": colours["strong"],
        "block-cursor-background": cursor,
        "input-selection-background": cursor,
        "border": colours["accent"],
        "border-blurred": colours["idle"],
        "scrollbar": colours["idle"],
        "scrollbar-hover": colours["dim"],
        "scrollbar-active": colours["accent"],
        "scrollbar-background": background,
        "scrollbar-background-hover": background,
        "scrollbar-background-active": background,
        "scrollbar-corner-color": background,
    }
    return Theme(
        name=name,
        primary=colours["accent"],
        secondary=colours["busy"],
        accent=colours["accent"],
        foreground=colours["text"],
        background=background,
        surface=surface,
        panel=panel,
        success=colours["ok"],
        warning=colours["warn"],
        error=colours["bad"],
        dark=dark,
        variables=variables,
    )


DARK = _theme(
    "sandbox-dark",
    dark=True,
    grounds=("#11141b", "#191d27", "#212632"),
    colours={
        "text": "#c9d1e0", "dim": "#8490a6", "idle": "#5d697e", "strong": "#f2f5fb", "title": "#f2b05e",
        "accent": "#6cb6ff", "ok": "#6fcf8f", "busy": "#5fd3d9", "warn": "#f0c355", "bad": "#ff7b72",
    },
    cursor="#27344b",
)  # fmt: skip
LIGHT = _theme(
    "sandbox-light",
    dark=False,
    grounds=("#fbfbf9", "#eeeeea", "#e3e4e0"),
    colours={
        "text": "#2b303b", "dim": "#626b7b", "idle": "#878f9c", "strong": "#0b0e14", "title": "#9a4d00",
        "accent": "#0a58b8", "ok": "#1c7a3e", "busy": "#00707a", "warn": "#8a5a00", "bad": "#c01c28",
    },
    cursor="#d5e3f5",
)  # fmt: skip
HIGH_CONTRAST = _theme(
    "sandbox-high-contrast",
    dark=True,
    grounds=("#000000", "#000000", "#0a0a0a"),
    colours={
        "text": "#ffffff", "dim": "#d8d8d8", "idle": "#9c9c9c", "strong": "#ffffff", "title": "#ffd75f",
        "accent": "#7fd4ff", "ok": "#5cff8a", "busy": "#5ff5ff", "warn": "#ffe14d", "bad": "#ff8a80",
    },
    cursor="#0044aa",
)  # fmt: skip
#: The colours of Okabe and Ito, which people with any kind of colour vision tell apart.
COLOUR_SAFE = _theme(
    "sandbox-colour-safe",
    dark=True,
    grounds=("#10131a", "#181c26", "#202532"),
    colours={
        "text": "#d3d8e2", "dim": "#8b95a8", "idle": "#616d82", "strong": "#ffffff", "title": "#f0e442",
        "accent": "#56b4e9", "ok": "#4aa8ff", "busy": "#9fd8f5", "warn": "#f0e442", "bad": "#ff9e3d",
    },
    cursor="#2a3650",
)  # fmt: skip
THEMES = (DARK, LIGHT, HIGH_CONTRAST, COLOUR_SAFE)
