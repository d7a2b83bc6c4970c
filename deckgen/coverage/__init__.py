"""What a deck promises to teach, held against its notes.

    outline = coverage.read(root / "outline.toml", notes, problems)
    question = coverage.question(outline, notes)          # a Program: which of the names in the cards are which?
    report = coverage.report(outline, notes, outputs of `question`, problems)

`outline.toml` lists the items of a syllabus with the files and notes that teach them, and the names of a library,
each of which must be used in the code that a note runs and be mentioned where the learner sees it. The report is a
Markdown page; what is not covered is a problem at its line of `outline.toml`.

    outline     outline.toml -> Outline       names       notes -> the names that their code uses
    page        an Outline, and who teaches what -> Markdown
"""

from __future__ import annotations

from deckgen.coverage.names import question
from deckgen.coverage.outline import FILE, Outline, read
from deckgen.coverage.page import PAGE, report

__all__ = ["FILE", "PAGE", "Outline", "question", "read", "report"]
