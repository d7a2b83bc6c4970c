"""Open matplotlib figures -> SVG that is the same at every run and follows the card's colours."""

from __future__ import annotations

import io
import re
import sys
import warnings
from typing import Any

from deckgen.execute.worker.capture import Event

_INK = "#123456"  # drawn in this, shown in the card's own colour
_SETTINGS: dict[str, Any] = {
    "figure.figsize": (4.4, 3.1),  # inches: on a phone the words are still large enough to be read
    "font.size": 11,
    "savefig.bbox": "tight",  # … and none is cut off
    "svg.fonttype": "none",
    "svg.hashsalt": "deckgen",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.edgecolor": "none",
    "legend.facecolor": "none",
    "legend.edgecolor": _INK,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": _INK,
    "grid.alpha": 0.25,
}


def configure() -> None:
    """Set the ink before anything is drawn; called once matplotlib is there."""
    if matplotlib := sys.modules.get("matplotlib"):
        matplotlib.rcParams.update(_SETTINGS)


def take() -> list[Event]:
    """Each figure that is open, closed again."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    events: list[Event] = [["figure", _svg(pyplot.figure(number), f"fig{number}-")] for number in pyplot.get_fignums()]
    pyplot.close("all")
    return events


def _svg(figure: Any, prefix: str) -> str:
    file = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(file, format="svg", metadata={"Date": None}, transparent=True)
    return _inline(file.getvalue(), prefix)


def _inline(text: str, prefix: str) -> str:
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(re.escape(_INK), "currentColor", text)
    text = re.sub(r"font-family: [^;\"]*|(font: [^;\"']*?(?:px|pt)) [^;\"]*", _family, text)
    text = re.sub(r'\bid="', f'id="{prefix}', text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", text)
    return text.replace("<svg ", '<svg role="img" ', 1).strip()


def _family(match: re.Match[str]) -> str:
    return f"{match[1]} system-ui" if match[1] else "font-family: system-ui"
