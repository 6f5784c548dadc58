"""Finished runs, drawn."""

from pathlib import Path
from typing import Annotated

import typer

from mit_harness.cli.app import app, say, wrapped


def _formats(text: str) -> list[str]:
    """Return the formats in ``svg,pdf,png``.

    Raises
    ------
    InputError
        If one is unknown.
    """
    from mit_harness.errors import InputError, near
    from mit_harness.report.figures import FORMATS

    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise InputError(f"no format {name!r}{near(name, list(FORMATS))}")
    if not names:
        raise InputError(f"--format names no format; known: {', '.join(FORMATS)}")
    return list(dict.fromkeys(names))


@app.command()
def figures(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its results.json.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    model: Annotated[
        list[str] | None, typer.Option(help="Only these models, in this order (repeatable).")
    ] = None,
    formats: Annotated[str, typer.Option("--format", help="Of svg, pdf, png.")] = "svg,pdf,png",
    published: Annotated[
        bool, typer.Option("--published", help="Show the paper's own rows in figure 1d, hollow.")
    ] = False,
) -> None:
    """Draw the paper's figures for a run's models, with captions."""
    from mit_harness.progress import on_stderr
    from mit_harness.report.charts.data import FigureData
    from mit_harness.report.figures import CAPTIONS, write_figures
    from mit_harness.report.finished import read_run, verify

    wanted = _formats(formats)
    finished = read_run(run)
    with on_stderr().doing("recomputing the run from its scores"):
        verify(finished)
    data = FigureData(finished.results, finished.items)
    if model:
        data = data.only(model)
    with on_stderr().doing("drawing") as step:
        made = [*write_figures(data, out, wanted, paper=published, begun=step.say)]
    for figure in made:
        if figure.missing:
            say(wrapped(f"{figure.name}: not drawn: {figure.missing}."))
        for file in figure.files:
            typer.echo(file)
    typer.echo(out / CAPTIONS)
