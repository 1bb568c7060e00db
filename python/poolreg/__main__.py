"""The console script `poolreg`, also `python -m poolreg`."""

from __future__ import annotations

import sys

from poolreg.cli.extras import how_to_install

EXTRA = {"click": "click", "rich": "rich", "matplotlib": "matplotlib", "PIL": "pillow"}


def main() -> int:
    """Run the command line and return the exit code; without its packages, say how to get them."""
    try:
        from poolreg.cli import commands

        return commands.run()
    except KeyboardInterrupt:  # before the command line handles it
        return 130
    except ImportError as error:
        print(f"poolreg: {_explained(error)}", file=sys.stderr)
        return 2


def _explained(error: ImportError) -> str:
    missing = (error.name or "").partition(".")[0]
    if missing not in EXTRA:
        return str(error)
    return f"{EXTRA[missing]} is missing; try: {how_to_install('cli')}"


if __name__ == "__main__":
    sys.exit(main())
