"""``mit-harness``: sequences out, scores in, tables from finished runs. No science here."""

from mit_harness.cli import analyses, catalogue, comparing, data, figures, gate, runs, scores
from mit_harness.cli.app import app, say
from mit_harness.errors import MitHarnessError

COMMANDS = (catalogue, scores, analyses, runs, comparing, figures, gate, data)
"""The modules whose commands `app` holds."""


def main() -> None:
    """Run the command line; our errors are one line and exit status 2."""
    try:
        app()
    except MitHarnessError as error:
        say(f"mit-harness: {error}")
        raise SystemExit(2) from None
