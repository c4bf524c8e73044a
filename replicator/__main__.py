"""`replicator` and `python -m replicator`.

Imports nothing at its top: the load's worker processes import this module anew.
"""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from replicator.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
