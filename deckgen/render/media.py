"""Images that a note links to: found beside the note or in the card folder, packed under a name with a hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from deckgen.deck import Location, Media
from deckgen.errors import Problems, nearest
from deckgen.markdown import Token, is_relative, walk

_UNSAFE = re.compile(r"[^\w.-]+")
_RAW_IMAGE = re.compile(r"""(<img\b[^>]*?\bsrc\s*=\s*)(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_SUFFIXES = (".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp")


@dataclass(slots=True)
class Images:
    """The images of one note: what each address that it writes is packed as."""

    root: Path
    found: dict[str, Media] = field(default_factory=dict)

    def collect(self, tokens: Iterable[Token], path: str, problems: Problems) -> None:
        """Find the files of all images in `tokens`, which stand in the file at `path`."""
        for token, line in walk(tokens):
            for source in _sources(token):
                self._find(source, Location(path, line), problems)

    def name(self, source: str) -> str:
        """The packed name of an image, or its address as it stands if it has none."""
        return self.found[source].name if source in self.found else source

    def packed(self) -> tuple[Media, ...]:
        return tuple({media.name: media for media in self.found.values()}.values())

    def rename(self, html: str) -> str:
        """Raw HTML with the addresses of its images replaced by their packed names."""
        return _RAW_IMAGE.sub(lambda tag: f'{tag[1]}"{self.name(tag[2] or tag[3] or "")}"', html)

    def _find(self, source: str, place: Location, problems: Problems) -> None:
        if source.startswith("data:") or source in self.found:
            return
        if not is_relative(source):
            problems.add(place, f"the image `{source}` would be fetched from the network", "put the file in `media/`")
            return
        folders = (Path(place.path).parent, self.root)
        paths = [folder / name for name in dict.fromkeys((source, unquote(source))) for folder in folders]
        file = next((path for path in paths if path.is_file()), None)
        if file:
            self.found[source] = Media(packed_name(file), file)
        else:
            problems.add(place, f"there is no image `{source}`", _advice(source, folders))


def _sources(token: Token) -> list[str]:
    if token.type == "image":
        return [str(token.attrs.get("src", ""))]
    if token.type in ("html_block", "html_inline"):
        return [double or single for _, double, single in _RAW_IMAGE.findall(token.content)]
    return []


def packed_name(path: Path) -> str:
    """`<stem>-<hash of the content>.<suffix>`: Anki never overwrites a file, so a new content needs a new name."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    stem = _UNSAFE.sub("-", path.stem).strip("-._").encode()[:60].decode(errors="ignore") or "image"
    return f"{stem}-{digest}{path.suffix.lower()}"


def _advice(source: str, folders: tuple[Path, ...]) -> str:
    known = {
        str(path.relative_to(folder).as_posix())
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix.lower() in _SUFFIXES
        and not any(part.startswith(".") for part in path.parts[len(folder.parts) :])
    }
    return nearest(source, known) if known else "put the file beside the note or in `media/`"
