"""Claims: a fence that says what its code prints is true, or the build fails with a diff, or --accept makes it true."""

from pathlib import Path

import pytest

from deckgen import claims
from deckgen.deck import Claim, InlineValue, Location, Outputs, Printed, Program, Raised, Shown, Snippet, Warned
from deckgen.errors import Problems


def run(claim: Claim, *outputs: object) -> tuple[Program, Outputs]:
    snippet = Snippet("…", Location("a.md", 1), claim=claim)
    value = InlineValue("1", Location("a.md", 9))
    return Program("n", Location("a.md", 1), (snippet, value)), Outputs((outputs, (Shown("1"),)))  # type: ignore[arg-type]


def claim(text: str, line: int = 6, path: str = "a.md") -> Claim:
    return Claim(text, Location(path, line), text.count("\n"))


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ("1\n2\n", [Printed("stdout", "1\n"), Printed("stdout", "2\n")]),
        ("tensor([2.])\n", [Shown("tensor([2.])")]),
        ("a   \nb\n\n", [Printed("stdout", "a\nb   \n")]),
        ("UserWarning: careful\n", [Warned("UserWarning", "careful")]),
        ("ValueError: no\n", [Raised("ValueError", "no", "Traceback …")]),
        ("", []),
    ],
)
def test_a_true_claim_is_silent(text: str, outputs: list[object]) -> None:
    assert not list(claims.false_claims([run(claim(text), *outputs)]))


def test_a_false_claim_is_a_problem_at_its_own_line_with_a_diff_and_the_way_out() -> None:
    problems = Problems()
    claims.report(claims.false_claims([run(claim("1\n2\n"), Printed("stdout", "1\n3\n"))]), problems)
    (problem,) = problems
    assert problem.location == Location("a.md", 6)
    assert "-2" in problem.detail.splitlines()
    assert "+3" in problem.detail.splitlines()
    assert "--accept" in problem.instead


SOURCE = """## A {#a}

```python
print(1)
```
```output
one
uno
```

> ```python
> print(2)
> ```
> ```output
> two
> ```
"""


def accept(path: Path) -> str:
    first = Claim("one\nuno\n", Location("a.md", 7), 2)
    second = Claim("two\n", Location("a.md", 15), 1)
    claims.accept([(first, "1"), (second, "2\n2b")], {"a.md": path})
    return path.read_bytes().decode()


def test_accept_writes_the_real_outputs_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(SOURCE.encode())
    assert accept(path) == SOURCE.replace("one\nuno\n", "1\n").replace("> two\n", "> 2\n> 2b\n")


def test_accept_keeps_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbf" + SOURCE.replace("\n", "\r\n").encode())
    written = accept(path)
    assert written.startswith("\ufeff## A")
    assert "\r\n1\r\n```" in written
    assert written.count("\n") == written.count("\r\n")
