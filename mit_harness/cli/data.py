"""The data sets of measured promoters: listed, downloaded, or taken from a local file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mit_harness.cli.app import app, say, wrapped
from mit_harness.errors import InputError

if TYPE_CHECKING:
    from mit_harness.measured.catalogue import DataSet
    from mit_harness.progress import Ticker


@app.command()
def data(
    name: Annotated[
        str | None, typer.Argument(help="Data set to fetch (default: list them all).")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Take this local file, once it is checked."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="DIR",
            envvar="MIT_HARNESS_DATA",
            help="Folder of data sets (default: in the user's cache folder).",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", envvar="MIT_HARNESS_OFFLINE", help="Download nothing.")
    ] = False,
) -> None:
    """Fetch a data set of measured promoters; print where it lies."""
    from mit_harness.measured import fetch
    from mit_harness.measured.catalogue import data_set

    at = fetch.folder() if to is None else to.expanduser()
    if name is None:
        if source is not None:
            raise InputError("--from goes with a data set's name: `mit-harness data NAME --from`")
        _show_all(at)
        return
    known = data_set(name)
    _show_terms(known)
    if source is not None:
        path = fetch.keep(known, source.expanduser(), at)
    else:
        with _progress().doing(f"downloading {name}") as step:
            path = fetch.fetch(
                known,
                at,
                offline=offline,
                say=lambda done: step.say(f"downloading {name}: {done}"),
            )
    if path.absolute() != (fetch.folder() / known.file_name).absolute():
        say(wrapped(f"note: evals look for it in {at} only where MIT_HARNESS_DATA names it", 80, 4))
    typer.echo(path)


def _show_all(at: Path) -> None:
    from tabulate import tabulate

    from mit_harness.measured.catalogue import DATA_SETS
    from mit_harness.measured.fetch import state

    columns = ("data set", "size", "licence", "fetched")
    rows = [(d.name, f"{d.size / 1e6:.1f} MB", d.licence, state(d, at)) for d in DATA_SETS.values()]
    typer.echo(tabulate(rows, columns, tablefmt="plain"))
    for known in DATA_SETS.values():
        typer.echo("\n" + wrapped(f"{known.name}: {known.holds}", indent=4))
        typer.echo(f"    {at / known.file_name}")
    typer.echo("\nmit-harness data NAME fetches one; --from FILE takes a local copy")


def _show_terms(known: "DataSet") -> None:
    say(wrapped(f"{known.name}: {known.holds}", indent=4))
    say(wrapped(f"licence: {known.licence} ({known.licence_url})", indent=4))
    say(wrapped(f"cite: {known.citation}. {known.doi}", indent=4))


def _progress() -> "Ticker":
    """Return a ticker that is seen on a terminal only."""
    from mit_harness.progress import Lines, Ticker

    live = sys.stderr.isatty()
    return Ticker(Lines(sys.stderr, live=True) if live else None)
