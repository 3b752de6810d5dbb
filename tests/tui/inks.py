"""What colours a screenshot is drawn in: each with how much of it there is, and the first words."""

from __future__ import annotations

import html
import re
from collections import Counter

_RULE = re.compile(r"\.[\w-]+-(r\d+) \{ (.*?) \}")
_TEXT = re.compile(r'<text class="[\w-]+-(r\d+)"[^>]*clip-path[^>]*>(.*?)</text>')
_GROUND = re.compile(r'<rect fill="(#[0-9a-f]{6})" x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="[\d.]+"')
_CELL = 12.2
_SHOWN = 40


def inks(svg: str) -> str:
    """Colours of text, the most used first, then those of the ground.

    Args:
        svg: an export of Textual's.
    """
    styles = {name: _style(rule) for name, rule in _RULE.findall(svg)}
    amount: Counter[str] = Counter()
    words: dict[str, str] = {}
    for name, raw in _TEXT.findall(svg):
        text = html.unescape(raw).replace("\xa0", " ").strip()
        if text:
            style = styles[name]
            amount[style] += len(text)
            words[style] = f"{words.get(style, '')} {text}"[:_SHOWN]
    grounds: Counter[str] = Counter()
    for colour, width in _GROUND.findall(svg):
        grounds[colour] += round(float(width) / _CELL)
    lines = [f"{style:<24} {count:>6} {words[style]}" for style, count in _ordered(amount)]
    return "\n".join([*lines, *(f"on {colour:<21} {count:>6}" for colour, count in _ordered(grounds))])


def _ordered(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def _style(rule: str) -> str:
    facts = dict(part.strip().split(": ", 1) for part in rule.rstrip(";").split(";") if ": " in part)
    weight = [facts[name] for name in ("font-weight", "font-style", "text-decoration") if name in facts]
    return " ".join([facts.get("fill", ""), *weight])
