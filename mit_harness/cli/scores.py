"""Scores: made here, or made elsewhere and checked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mit_harness.cli.app import Out, app, read_set, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mit_harness.models.base import ModelHandle

Dtype = Literal["float32", "bfloat16", "float16", "float64"]
Engine = Literal["local", "ray"]


@app.command()
def score(
    models: Annotated[
        list[str], typer.Argument(help="Model specs, such as pa-pwm or py:my_model:load.")
    ],
    sequences: Annotated[Path, typer.Option(help="Sequence file (tsv, csv, fasta, json, ...).")],
    out: Out = None,
    store: Annotated[Path | None, typer.Option(help="Score store to read and fill.")] = None,
    trust_remote_code: Annotated[
        list[str] | None, typer.Option(metavar="SPEC", help="Run this model's own Python code.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1 or mps.")] = None,
    dtype: Annotated[
        Dtype | None, typer.Option(help="Of a neural model's parameters (default: float32).")
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Refuse a larger model, such as 40GB.")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="ray: on the cluster at RAY_ADDRESS, or on one started here.")
    ] = "local",
    ray_cpus: Annotated[int, typer.Option(min=1, help="CPUs of one Ray actor.")] = 1,
) -> None:
    """Score a file of sequences: columns id, sequence, score, tokens, bases.

    Of several models: id, sequence, and one column of scores for each, by its name.
    """
    from mit_harness.models.base import Loading
    from mit_harness.models.registry import Registry
    from mit_harness.progress import on_stderr
    from mit_harness.scoring.export import score_rows, write_columns, write_rows

    made = read_set(sequences)
    loading = Loading(tuple(trust_remote_code or ()), offline, device, dtype)
    registry = Registry(catalogue=lambda: made, loading=loading)
    handles = registry.resolve_all(models)
    for note in registry.notes:
        say(f"note: {note}")
    if max_memory is not None:
        _limit_memory(handles, dtype, max_memory)
    with on_stderr().doing(f"scoring {handles[0].name}") as step:
        if engine == "ray":
            from mit_harness.scoring.remote.engine import How
            from mit_harness.scoring.remote.export import remote_rows

            how = How(loading=loading, cpus=ray_cpus)
            rows = remote_rows(registry, handles, made, store, how, step)
        else:
            rows = {handle.name: score_rows(handle, made, store, step) for handle in handles}
    if len(rows) == 1:
        write_rows(rows[handles[0].name], out)
    else:
        write_columns(rows, out)
    if out is not None:
        say(f"{len(rows) * len(made)} scores in {out}")


def _limit_memory(handles: "Sequence[ModelHandle]", dtype: str | None, limit: str) -> None:
    """Refuse a model that is too large; one is in memory at a time, or one in each actor."""
    from mit_harness.models.neural.memory import needs_gb, parse_gb, refuse_too_big, unknown_note

    option = "--max-memory"
    needs = needs_gb(handles, dtype)
    refuse_too_big(needs, parse_gb(limit, option), option=option)
    if note := unknown_note(needs, option):
        say(f"note: {note}")


@app.command(name="import-scores")
def import_scores(
    file: Annotated[Path, typer.Argument(help="Scores made elsewhere, by id or by sequence.")],
    sequences: Annotated[Path, typer.Option(help="The sequence file that was scored.")],
    out: Annotated[Path, typer.Option(help="Checked scores, for scores:OUT#score (tsv).")],
    column: Annotated[str, typer.Option(help="Column that holds the scores.")] = "score",
    sequences_sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="What `design` said of the scored sequences.")
    ] = None,
) -> None:
    """Check scores made elsewhere, one finite number per sequence, and keep them by sequence."""
    from mit_harness.scoring.export import write_rows
    from mit_harness.scoring.imported import checked_scores, names_ids_only

    made = read_set(sequences)
    write_rows(checked_scores(file, column, made, sequences_sha256), out)
    if sequences_sha256 is None and names_ids_only(file):
        say(
            f"note: {file} holds ids and no sequences, so nothing shows that these were scored; "
            "add a column of sequences, or --sequences-sha256 with what `mit-harness design` said"
        )
    say(f"{len(made)} scores in {out}; use --mit-model 'scores:{out}#score'")
