"""The themes: dark, light, high contrast, and one whose states do not depend on telling red from green."""

from __future__ import annotations

from textual.theme import Theme

#: What is coloured -> its colour in each theme. The states of the last are of the colours of Okabe and Ito,
#: which people with any kind of colour vision tell apart.
_COLOURS = {
    #              dark       light      contrast   safe
    "background": ("#11141b", "#fbfbf9", "#000000", "#10131a"),
    "surface":    ("#191d27", "#eeeeea", "#000000", "#181c26"),
    "panel":      ("#212632", "#e3e4e0", "#0a0a0a", "#202532"),
    "cursor":     ("#27344b", "#d5e3f5", "#0044aa", "#2a3650"),
    "text":       ("#c9d1e0", "#2b303b", "#ffffff", "#d3d8e2"),
    "dim":        ("#8490a6", "#626b7b", "#d8d8d8", "#8b95a8"),
    "idle":       ("#5d697e", "#878f9c", "#9c9c9c", "#616d82"),
    "strong":     ("#f2f5fb", "#0b0e14", "#ffffff", "#ffffff"),
    "title":      ("#f2b05e", "#9a4d00", "#ffd75f", "#f0e442"),
    "accent":     ("#6cb6ff", "#0a58b8", "#7fd4ff", "#56b4e9"),
    "ok":         ("#6fcf8f", "#1c7a3e", "#5cff8a", "#4aa8ff"),
    "busy":       ("#5fd3d9", "#00707a", "#5ff5ff", "#9fd8f5"),
    "warn":       ("#f0c355", "#8a5a00", "#ffe14d", "#f0e442"),
    "bad":        ("#ff7b72", "#c01c28", "#ff8a80", "#ff9e3d"),
}  # fmt: skip
_NAMES = ("dark", "light", "high-contrast", "colour-safe")
#: The roles of text that widgets know.
_TONES = ("text", "dim", "idle", "strong", "title", "accent", "ok", "busy", "warn", "bad")
#: Textual's variables -> what they are coloured as.
_VARIABLES = {
    "cursor-row": "cursor",
    "block-cursor-foreground": "strong",
    "block-cursor-background": "cursor",
    "input-selection-background": "cursor",
    "border": "accent",
    "border-blurred": "idle",
    "scrollbar": "idle",
    "scrollbar-hover": "dim",
    "scrollbar-active": "accent",
    "scrollbar-background": "background",
    "scrollbar-background-hover": "background",
    "scrollbar-background-active": "background",
    "scrollbar-corner-color": "background",
    **{f"tone-{tone}": tone for tone in _TONES},
}


def _theme(place: int, name: str) -> Theme:
    colours = {what: column[place] for what, column in _COLOURS.items()}
    return Theme(
        name=f"sandbox-{name}",
        primary=colours["accent"],
        secondary=colours["busy"],
        accent=colours["accent"],
        foreground=colours["text"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        success=colours["ok"],
        warning=colours["warn"],
        error=colours["bad"],
        dark=name != "light",
        variables={variable: colours[what] for variable, what in _VARIABLES.items()},
    )


THEMES = tuple(_theme(place, name) for place, name in enumerate(_NAMES))
DARK, LIGHT, HIGH_CONTRAST, COLOUR_SAFE = THEMES
