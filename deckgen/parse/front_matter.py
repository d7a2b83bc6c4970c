"""What a file says of itself between two lines of `---` at its top."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from deckgen.deck import Location
from deckgen.errors import Problems, nearest
from deckgen.markdown import cut_front_matter

_KEYS = ("tags", "source", "title")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What holds for every note of a file. `text` is the file with its front matter made blank lines."""

    text: str
    tags: tuple[str, ...] = ()
    source: str = ""
    title: str = ""


def read(text: str, name: str, problems: Problems) -> FrontMatter:
    written, rest = cut_front_matter(text)
    if written is None:
        return FrontMatter(text)
    if not written:
        problems.add(
            Location(name, 1),
            "the front matter that begins here has no end",
            "write a line `---` below it or remove it",
        )
        return FrontMatter(rest)
    pairs = _pairs(written, name, problems)
    reader = _Reader(name, problems)
    for key, _ in pairs:
        if key.value not in _KEYS:
            reader.wrong(key, f"unknown key `{key.value}` in the front matter", nearest(key.value, _KEYS))
    values = {key.value: value for key, value in pairs}
    return FrontMatter(
        rest,
        tags=reader.tags(values.get("tags")),
        source=reader.source(values.get("source")),
        title=reader.text("title", values.get("title")),
    )


def _pairs(text: str, name: str, problems: Problems) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """The keys and values of a YAML mapping as nodes, which know their lines and keep `no` the word that it is."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problems.add(Location(name, _error_line(error, text)), f"the front matter is not YAML: {_reason(error)}")
        return []
    if node is None and not text.strip():
        return []
    if not isinstance(node, yaml.MappingNode):
        problems.add(
            Location(name, 1),
            "a file that opens with `---` must go on with front matter such as `tags: autograd`, and this is none",
            "write `key: value` lines, or leave the `---` out",
        )
        return []
    reader = _Reader(name, problems)
    pairs: dict[str, tuple[yaml.ScalarNode, yaml.Node]] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            reader.wrong(key, "a key of the front matter must be a word", "write one of `tags`, `source`, `title`")
        elif key.value in pairs:
            reader.wrong(key, f"`{key.value}` stands twice in the front matter", "keep one of them")
        else:
            pairs[key.value] = (key, value)
    return list(pairs.values())


def _error_line(error: Exception, text: str) -> int:
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark or error.context_mark):
        return min(int(mark.line), text.count("\n")) + 2
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position if isinstance(position, int) else 0) + 2


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).split("\n")[0]
    return str(reason)


class _Reader:
    """Takes values from YAML nodes and reports those of a wrong shape."""

    def __init__(self, name: str, problems: Problems) -> None:
        self.name, self.problems = name, problems

    def wrong(self, node: yaml.Node, what: str, instead: str = "") -> None:
        self.problems.add(Location(self.name, node.start_mark.line + 2), what, instead)

    def text(self, key: str, node: yaml.Node | None) -> str:
        if node is None:
            return ""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value).strip()
        self.wrong(node, f"`{key}` must be a text", f"write `{key}: …` on one line")
        return ""

    def source(self, node: yaml.Node | None) -> str:
        source = self.text("source", node)
        if node is not None and source and not is_address(source):
            self.wrong(node, f"`source` must be an address, not `{source}`", "write `source: https://…`")
            return ""
        return source

    def tags(self, node: yaml.Node | None) -> tuple[str, ...]:
        if isinstance(node, yaml.SequenceNode):
            return tuple(tag for child in node.value for tag in self._tag(child))
        return tuple(re.split(r"[\s,，]+", text)) if (text := self.text("tags", node)) else ()

    def _tag(self, node: yaml.Node) -> tuple[str, ...]:
        tag = self.text("tags", node)
        if re.search(r"\s", tag):
            self.wrong(node, f"the tag `{tag}` holds a space, which Anki does not allow", "write `-` instead")
            return ()
        return (tag,) if tag else ()


def is_address(text: str) -> bool:
    return bool(re.fullmatch(r"https?://[^\s<>\"]+", text))
