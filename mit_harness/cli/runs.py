"""Finished runs: shown again, and joined."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mit_harness.cli.app import Out, app, write_text

Form = Literal["md", "html", "csv", "tex", "model-index"]


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
    format: Annotated[  # noqa: A002
        Form | None,
        typer.Option(help="Default: what --out ends in (.md, .html, .csv, .tex, .yaml), or md."),
    ] = None,
    model_index: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Write that model's block of a Hugging Face model card."),
    ] = None,
    out: Out = None,
) -> None:
    """Merge runs of one design into one leaderboard, recomputed from their per-item scores."""
    from mit_harness.progress import on_stderr
    from mit_harness.report.leaderboard.gather import gather
    from mit_harness.report.leaderboard.media import form_of, written

    form = form_of(out, format, model_index)
    with on_stderr().doing("reading runs") as step:
        board = gather(runs, step.say)
    write_text(written(board, form, model_index), out)
