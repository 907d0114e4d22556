"""`python -m tieout` and the `tieout` command."""

import sys

from tieout.cli.stopping import Stopping

STOPPABLE = ("serve", "worker")
"""What runs until it is told to stop. Anything else is cut off by a signal, as programs are."""


def main() -> None:
    """Run the command line."""
    stopping = Stopping()
    if sys.argv[1:2] and sys.argv[1] in STOPPABLE:
        stopping.heed_signals()
    from tieout.cli.commands import app  # noqa: PLC0415 - takes a second, in which the signal may arrive

    app(obj=stopping)


if __name__ == "__main__":
    main()
