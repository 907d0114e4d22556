"""`python -m tieout` and the `tieout` command."""

from tieout.cli.commands import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
