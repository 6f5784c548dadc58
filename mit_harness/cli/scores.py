"""Scores: made here, or made elsewhere and checked."""

from pathlib import Path
from typing import Annotated

import typer

from mit_harness.cli.app import Out, app, read_set, say


@app.command()
def score(
    model: Annotated[str, typer.Argument(help="Model spec, such as pa-pwm or py:my_model:load.")],
    sequences: Annotated[Path, typer.Option(help="Sequence file (tsv, csv, fasta, json, ...).")],
    out: Out = None,
    store: Annotated[Path | None, typer.Option(help="Score store to read and fill.")] = None,
    trust_remote_code: Annotated[
        list[str] | None, typer.Option(metavar="SPEC", help="Run this model's own Python code.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1 or mps.")] = None,
) -> None:
    """Score a file of sequences: columns id, score, tokens, bases."""
    from mit_harness.models.base import Loading
    from mit_harness.models.registry import Registry
    from mit_harness.progress import on_stderr
    from mit_harness.scoring.export import score_rows, write_rows

    made = read_set(sequences)
    loading = Loading(tuple(trust_remote_code or ()), offline, device)
    handle = Registry(catalogue=lambda: made, loading=loading).resolve(model)
    with on_stderr().doing(f"scoring {handle.name}") as step:
        rows = score_rows(handle, made, store, step)
    write_rows(rows, out)


@app.command(name="import-scores")
def import_scores(
    file: Annotated[Path, typer.Argument(help="Scores made elsewhere, by id or by sequence.")],
    sequences: Annotated[Path, typer.Option(help="The sequence file that was scored.")],
    out: Annotated[Path, typer.Option(help="Checked scores, for scores:OUT#score (tsv).")],
    column: Annotated[str, typer.Option(help="Column that holds the scores.")] = "score",
) -> None:
    """Check scores made elsewhere, one finite number per sequence, and keep them by sequence."""
    from mit_harness.scoring.export import write_rows
    from mit_harness.scoring.imported import checked_scores

    made = read_set(sequences)
    write_rows(checked_scores(file, column, made), out)
    say(f"{len(made)} scores in {out}; use --mit-model 'scores:{out}#score'")
