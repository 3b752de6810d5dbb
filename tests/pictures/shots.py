"""The pictures of the dashboard: their names, their captions, and how one comes to what they show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui.themes import DARK

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"
#: Columns and rows of every picture.
SIZE = (120, 40)


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: of its file, without `.svg`.
        caption: what it shows; the documents say the same below it, and its window above it.
        moves: what is done one after the other: a key, `/WORDS` for a search, or `?WORDS` to wait
            for words. `{name}` stands for what the stage has of that name.
        shows: words that are on the screen when the picture is taken.
        theme: name of its colours.
    """

    name: str
    caption: str
    moves: tuple[str, ...]
    shows: tuple[str, ...]
    theme: str = DARK.name

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return FOLDER / f"{self.name}.svg"


SHOTS = (
    Shot(
        "overview",
        "The overview: problems, the map with its rates, queues, sagas",
        ("1",),
        ("1 dead letter", "1 stuck", "estoque-reserva-dlq", "pedidos-processar", "PENDING", "/s"),
    ),
    Shot(
        "desk",
        "A dead letter on the desk",
        ("2", "/estoque-reserva-dlq", "escape", "tab", "?Stack trace"),
        ("dead letters of estoque-reserva", "MensagemInvalidaError", "Stack trace", "parse_pedido"),
    ),
    Shot(
        "saga",
        "One saga, waiting and working time apart",
        ("3", "/{confirmed}", "escape", "?confirmacao"),
        ("{confirmed}", "CONFIRMADA", "compensated", "in outbox", "in queue estoque-reserva", "WATERFALL"),
    ),
    Shot(
        "flow",
        "A flow, step by step",
        ("4", "/{confirmed}", "end", "?ReservaConfirmada", "tab", "end"),
        ("POST /api/v1/notas", " 201", "ReservaConfirmada", "╌"),
    ),
    Shot(
        "bus",
        "An event, and why rules matched it or not",
        ("6", "down", "tab", "/ReservaConfirmada", "escape"),
        ("no match", "matched", "nfe-reserva-confirmada-dev"),
    ),
    Shot(
        "light",
        "The light theme, on the functions",
        ("5",),
        ("nfe-faturamento-dev", "pedidos-worker"),
        "sandbox-light",
    ),
)
