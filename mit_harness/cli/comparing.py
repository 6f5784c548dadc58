"""Two finished runs, model against model."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from mit_harness.cli.app import Out, app, write_text
from mit_harness.errors import InputError


@app.command()
def compare(
    candidate: Annotated[Path, typer.Argument(help="A run's folder, or its results.json.")],
    baseline: Annotated[Path, typer.Argument(help="The run that it is held against.")],
    model: Annotated[
        str | None, typer.Option(help="The candidate's model (default: each of your own).")
    ] = None,
    baseline_model: Annotated[
        str | None, typer.Option(help="The baseline's model (default: that of the same name).")
    ] = None,
    claim: Annotated[
        list[str] | None, typer.Option(help="Claim, repeatable (default: all of both runs).")
    ] = None,
    flipped: Annotated[
        bool, typer.Option("--flipped", help="List the pairs that flipped; tsv: these alone.")
    ] = False,
    format: Annotated[  # noqa: A002
        Literal["markdown", "text", "tsv", "json"],
        typer.Option(help="A report, its short form in 80 columns, or data."),
    ] = "markdown",
    out: Out = None,
) -> None:
    """Compare two models on the same sequences, every metric paired by background."""
    from mit_harness.report import comparison_text as write
    from mit_harness.report.counterparts import compare_runs
    from mit_harness.report.finished import read_run

    if flipped and format == "text":
        raise InputError("--flipped goes with markdown, tsv or json, not with text")
    runs = read_run(candidate), read_run(baseline)
    compared = compare_runs(*runs, model, baseline_model, claim or (), _progress)
    if format == "text":
        text = "\n".join(write.comparison_lines(compared)) + "\n"
    elif format == "tsv":
        text = write.comparison_tsv(compared, flipped=flipped)
    elif format == "json":
        text = write.comparison_json(compared, flipped=flipped)
    else:
        text = write.comparison_markdown(compared, flipped=flipped)
    write_text(text, out)


def _progress(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Show how far it is, on a terminal: two models take about a second."""
    if len(pairs) < 3 or not sys.stderr.isatty():
        yield from pairs
        return
    with typer.progressbar(pairs, label="comparing", file=sys.stderr) as bar:
        yield from bar
