"""Which distributions are installed, and which of them a set of modules comes from."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from functools import cache


@cache
def installed() -> dict[str, str]:
    """Normalised name -> version, read from the names of the `.dist-info` folders alone: no file is opened."""
    found: dict[str, str] = {}
    for folder in reversed([path for path in sys.path if path and os.path.isdir(path)]):
        for name in os.listdir(folder):
            if name.endswith(".dist-info"):
                distribution, _, version = name.removesuffix(".dist-info").rpartition("-")
                found[_normal(distribution)] = version
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def of_modules(modules: Iterable[str]) -> dict[str, str]:
    """The distributions (name -> version) that the top-level `modules` belong to."""
    found: dict[str, str] = {}
    for module in modules:
        names = [_normal(module)] if _normal(module) in installed() else _providers().get(module, [])
        found.update({name: installed()[name] for name in map(_normal, names) if name in installed()})
    return found


@cache
def _providers() -> dict[str, list[str]]:
    """Module -> distributions, for those that are not named alike (PIL and pillow). Slow: opens every RECORD."""
    from importlib.metadata import packages_distributions

    return {module: list(names) for module, names in packages_distributions().items()}


def hold(imports: dict[str, str]) -> bool:
    """Whether every distribution in `imports` is still installed in that version."""
    return all(installed().get(name) == version for name, version in imports.items())


def runtime(imports: dict[str, str], modules: list[str]) -> tuple[tuple[str, str], ...]:
    """What is written on a card: Python's version and, where it was used, torch's without its build.

    Python's patch level says nothing to a learner, and with it two computers would not make the same deck.
    """
    python = ("python", ".".join(map(str, sys.version_info[:2])))
    return (python, ("torch", imports["torch"].partition("+")[0])) if "torch" in modules else (python,)
