"""The console script `poolreg`, also `python -m poolreg`."""

from __future__ import annotations

import sys

EXTRA = {"click": "click", "rich": "rich", "matplotlib": "matplotlib", "PIL": "pillow"}


def main() -> int:
    """Run the command line and return the exit code; without its packages, say how to get them."""
    try:
        from poolreg import cli

        return cli.run()
    except ImportError as error:
        print(f"poolreg: {_explained(error)}", file=sys.stderr)
        return 2


def _explained(error: ImportError) -> str:
    missing = (error.name or "").partition(".")[0]
    if missing not in EXTRA:
        return str(error)
    return f'{EXTRA[missing]} is missing; try: pip install "poolreg[cli]"'


if __name__ == "__main__":
    sys.exit(main())
