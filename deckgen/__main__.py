"""`python -m deckgen`, and the command `deckgen`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; what it needs is imported only now, so that starting the worker can come first."""
    try:
        from deckgen.cli import cli
    except KeyboardInterrupt:  # from here on the command line sees to it
        sys.exit(130)
    cli(prog_name="deckgen")


if __name__ == "__main__":
    main()
