"""Finished runs: shown again, and joined."""

from pathlib import Path
from typing import Annotated

import typer

from mit_harness import __version__
from mit_harness.cli.app import Out, app, write_text


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its results.json.")],
    html: Annotated[
        Path | None, typer.Option(help="Recompute the run and write its page to this file instead.")
    ] = None,
) -> None:
    """Print a finished run as it stood in the terminal, or write its page."""
    if html is not None:
        from mit_harness.report.html.written import finished_page

        finished_page(run, html)
        return
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
