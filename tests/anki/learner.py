"""A learner in the real Anki: imports packages into a fresh collection, studies over days, edits, imports again."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anki.collection import Card, CardId, Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest, Note

DAY = 86400


@dataclass(frozen=True)
class Log:
    """How many notes an import found new, updated, already there as they are, or could not update."""

    new: int = 0
    updated: int = 0
    duplicate: int = 0
    conflicting: int = 0


class Learner:
    """Options left as a fresh profile has them, but for FSRS, which is on."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "collection.anki2"
        self.col = Collection(str(self.path))
        self.col.set_config("fsrs", True)

    def close(self) -> None:
        self.col.close()

    def take(self, package: Path, **options: Any) -> Log:
        """Import `package` as a double click does."""
        chosen = ImportAnkiPackageOptions(**options)
        log = self.col.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=chosen)).log
        return Log(*(len(found) for found in (log.new, log.updated, log.duplicate, log.conflicting)))

    def note(self, guid: str) -> Note:
        return self.col.get_note(self.col.db.scalar("select id from notes where guid = ?", guid))

    def cards(self) -> list[Card]:
        return [self.col.get_card(CardId(key)) for key in self.col.db.list("select id from cards order by id")]

    def schedule(self) -> dict[int, tuple[Any, ...]]:
        """All that an import must leave alone of each card."""
        row = "id, nid, did, ord, type, queue, due, ivl, factor, reps, lapses, left, odue, odid, flags, data"
        return {key: rest for key, *rest in self.col.db.all(f"select {row} from cards")}

    def studied(self) -> dict[int, tuple[Any, ...]]:
        """`schedule` of the cards that have been answered, which hold what FSRS knows of them."""
        found = {key: row for key, row in self.schedule().items() if row[8]}
        assert found
        assert all({"s", "d", "lrt"} <= json.loads(row[-1]).keys() for row in found.values())
        return found

    def study(self, deck: str, days: int = 3) -> None:
        """Answer all that `deck` shows on each of the days: good, but hard each third time."""
        for _ in range(days):
            self.col.decks.select(self.col.decks.id(deck))
            count = 0
            while queued := self.col.sched.get_queued_cards(fetch_limit=1).cards:
                card = self.col.get_card(CardId(queued[0].card.id))
                card.start_timer()
                rating = 1 if count % 3 == 2 else 2
                answer = self.col.sched.build_answer(card=card, states=queued[0].states, rating=rating)
                self.col.sched.answer_card(answer)
                count += 1
                assert count < 500, "the day does not end"
            self.sleep()

    def sleep(self) -> None:
        """Let a day pass: all that Anki dates moves a day back."""
        self.col.close()
        db = sqlite3.connect(self.path)
        db.create_collation("unicase", lambda a, b: (a.lower() > b.lower()) - (a.lower() < b.lower()))
        db.execute(f"update col set crt = crt - {DAY}")
        db.execute(f"update revlog set id = id - {DAY * 1000}")
        db.execute(f"update cards set due = due - {DAY} where queue in (1, 4)")
        for key, data in db.execute("select id, data from cards where data != ''").fetchall():
            held = json.loads(data)
            if "lrt" in held:
                held["lrt"] -= DAY
                db.execute("update cards set data = ? where id = ?", (json.dumps(held), key))
        db.commit()
        db.close()
        self.col = Collection(str(self.path))

    def faults(self) -> list[str]:
        """What is wrong with the cards and the media, as Anki's own checks see it."""
        media = self.col.media.check()
        found = [f"missing {name}" for name in media.missing] + [f"unused {name}" for name in media.unused]
        found += [f"empty cards of note {note.note_id}" for note in self.col.get_empty_cards().notes]
        cardless = "select id from notes where id not in (select nid from cards)"
        found += [f"note {key} has no card" for key in self.col.db.list(cardless)]
        for card in self.cards():
            shown = card.render_output()
            for text in (shown.question_text, shown.answer_text):
                if not text.strip() or "{{" in text or "template has a problem" in text or "is blank" in text:
                    found.append(f"card {card.id} of {card.note().fields[0]!r} is broken: {text[:80]!r}")
        return found
