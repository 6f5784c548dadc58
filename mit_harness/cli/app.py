"""The application that every command registers with, and the options that commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mit_harness import __version__

if TYPE_CHECKING:
    from mit_harness.promoter.core import DesignSpec
    from mit_harness.promoter.sequence_set import SequenceSet

app = typer.Typer(
    name="mit-harness",
    help="Does a genomic language model know where a promoter's elements belong?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WIDTH = 80
"""Columns of what is printed for people."""

N = Annotated[int, typer.Option("--n", min=1, help="Number of backgrounds, that is of pairs.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random choice.")]
Split = Annotated[Literal["test", "dev"], typer.Option(help="dev: a seed stream to tune on.")]
Break = Annotated[str, typer.Option("--break", help="Form of every broken -10 box.")]
RegulonDB = Annotated[
    Path | None,
    typer.Option(
        "--regulondb",
        metavar="FILE",
        help="RegulonDB's PromoterSet.tsv, in place of the shipped natural promoters.",
    ),
]
Out = Annotated[Path | None, typer.Option(help="File to write (default: standard output).")]


def _version(show: bool) -> None:
    if show:
        typer.echo(f"mit-harness {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Mechanistic evals of genomic language models; `pytest evals` runs them."""


def say(text: str) -> None:
    """Tell the person, on standard error."""
    typer.echo(text, err=True)


def wrapped(text: str, width: int = WIDTH, indent: int = 0) -> str:
    """Return lines of at most `width` columns, all but the first indented; words stay whole."""
    import textwrap

    return textwrap.fill(text, width, subsequent_indent=" " * indent, break_on_hyphens=False)


def design_spec(
    n: int,
    seed: int,
    split: str,
    break_form: str,
    *,
    regulondb: Path | None = None,
    measured: str | None = None,
) -> "DesignSpec":
    """Return what decides the sequences, and say what was taken from the user's files.

    `measured` is a workbook, ``fetched`` or ``off``.

    Raises
    ------
    InputError
        If no -10 box can be broken so, or a file cannot be used.
    """
    from mit_harness.measured.lafleur import named
    from mit_harness.promoter.core import DesignSpec
    from mit_harness.promoter.grammar import SIGMA70
    from mit_harness.promoter.seeds import Seeds

    SIGMA70.check_break(break_form)
    natural = None
    if regulondb is not None:
        from mit_harness.promoter.regulondb import read_promoter_set

        found = read_promoter_set(regulondb)
        natural = found.table
        for note in found.notes:
            say(f"note: {note}")
    return DesignSpec(
        n=n,
        seeds=Seeds(seed, split),  # type: ignore[arg-type]
        break_form=break_form,
        natural=natural,
        measured=named(measured or "off"),
    )


def read_set(file: Path, length: int | None = None) -> "SequenceSet":
    """Read a file of sequences, and say what was normalised."""
    from mit_harness.promoter.files import read_sequences

    made, notes = read_sequences(file, length)
    for note in notes:
        say(f"note: {note}")
    return made


def write_text(text: str, out: Path | None) -> None:
    """Write to a file, whole or not at all, or to standard output."""
    from mit_harness.atomic import atomic

    if out is None:
        typer.echo(text, nl=False)
        return
    with atomic(out) as handle:
        handle.write(text)
