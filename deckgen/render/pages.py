"""The Jinja2 templates of a field's HTML."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["Markup", "page"]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page(name: str, **values: object) -> Markup:
    """The HTML of a template. Values are escaped unless they are Markup already."""
    return Markup(_environment().get_template(f"{name}.html").render(values).strip("\n"))
