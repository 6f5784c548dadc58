"""Finished runs: shown again, and joined."""

from pathlib import Path
from typing import Annotated

import typer

from mit_harness import __version__
from mit_harness.cli.app import Out, app, write_text


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its results.json.")],
) -> None:
    """Print a finished run as it stood in the terminal."""
    from mit_harness.report.folder import read_results
    from mit_harness.report.terminal import summary_lines

    typer.echo("\n".join(summary_lines(read_results(run))))


@app.command()
def leaderboard(
    runs: Annotated[list[Path], typer.Argument(help="Runs' folders, or results.json files.")],
    out: Out = None,
) -> None:
    """Merge runs of one design into one markdown leaderboard."""
    from mit_harness.report.folder import read_results
    from mit_harness.report.leaderboard import merge, to_markdown

    design_record, merged = merge([read_results(run) for run in runs])
    write_text(to_markdown(design_record, merged, __version__), out)
