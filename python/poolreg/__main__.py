"""The console script `poolreg`, also `python -m poolreg`."""

from __future__ import annotations

import sys

EXTRA = ("click", "rich", "matplotlib")


def main() -> int:
    """Run the command line and return the exit code; without its packages, say how to get them."""
    try:
        from poolreg import cli

        return cli.run()
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in EXTRA:
            raise
        print(f'poolreg: {missing} is missing; try: pip install "poolreg[cli]"', file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
