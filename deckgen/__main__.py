"""`python -m deckgen`, and the command `deckgen`."""

from __future__ import annotations


def main() -> None:
    """Run the command line; what it needs is imported only now, so that starting the worker can come first."""
    from deckgen.cli import cli

    cli(prog_name="deckgen")


if __name__ == "__main__":
    main()
