"""Pictures of a load: a line for the terminal while it runs, and an SVG of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sandbox.load.report import Report

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH, _HEIGHT, _LEFT, _GAP = 900, 200, 70, 70
_INK = {"asked": "#8a8a8a", "ok": "#1f77b4", "lost": "#d62728", "p95": "#9467bd"}


def sparkline(values: Sequence[float], width: int = 30) -> str:
    """The newest values as bars of text."""
    shown = list(values)[-width:]
    top = max(shown, default=0.0)
    return "".join(_BARS[min(7, int(value / top * 7.99))] if top else _BARS[0] for value in shown)


def as_svg(report: Report) -> str:
    """Rates and latencies over time, with the outcome in words."""
    seconds = report.seconds
    rates = {
        "asked": [float(second.asked) for second in seconds],
        "ok": [float(second.ok) for second in seconds],
        "lost": [float(second.lost) for second in seconds],
    }
    latencies = {"p95": [second.p95_ms for second in seconds]}
    words = [
        f"{report.profile}: {report.sent:,} sent, {report.ok:,} ok, {report.lost:,} lost "
        f"({report.loss:.1%}), p50 {report.p50_ms:.0f} ms, p95 {report.p95_ms:.0f} ms, "
        f"p99 {report.p99_ms:.0f} ms",
        *(f"{cause.name}: {cause.count:,} — {cause.what}" for cause in report.causes),
        *([report.machine] if report.machine else []),
    ]
    top = 30 + 20 * len(words)
    height = top + 2 * (_HEIGHT + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + _LEFT + 20}" height="{height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="100%" height="{height}" fill="#ffffff"/>',
        *(f'<text x="10" y="{24 + 20 * row}">{escape(line)}</text>' for row, line in enumerate(words)),
        *_panel(rates, "requests per second", top),
        *_panel(latencies, "95th percentile, ms", top + _HEIGHT + _GAP),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(lines: dict[str, list[float]], title: str, top: int) -> list[str]:
    most = max((value for line in lines.values() for value in line), default=0.0) or 1.0
    count = max(len(line) for line in lines.values())
    bottom = top + _HEIGHT
    parts = [
        f'<text x="{_LEFT}" y="{top - 8}" font-weight="bold">{escape(title)}</text>',
        f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="#cccccc"/>',
    ]
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * _HEIGHT
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{most * share:,.0f}</text>')
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _LEFT + share * _WIDTH
        parts.append(f'<text x="{x:.0f}" y="{bottom + 18}" text-anchor="middle">{count * share:.0f} s</text>')
    for place, (name, line) in enumerate(lines.items()):
        points = " ".join(
            f"{_LEFT + (at + 0.5) / count * _WIDTH:.1f},{bottom - value / most * _HEIGHT:.1f}"
            for at, value in enumerate(line)
        )
        ink = _INK[name]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2"/>')
        x = _LEFT + _WIDTH - 60 * (len(lines) - place)
        parts.append(f'<text x="{x}" y="{top - 8}" fill="{ink}">{name}</text>')
    return parts
