"""Scores: made here, or made elsewhere and checked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mit_harness.cli.app import Out, app, read_set, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mit_harness.models.base import ModelHandle
    from mit_harness.scoring.export import ScoredRow

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
    shard: Annotated[
        str | None, typer.Option(metavar="K/N", help="Only this of N parts, such as 3/16.")
    ] = None,
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

    With --shard only the sequences of that part, told by a hash of each one's bases: the same
    whatever else the file holds. `mit-harness merge` joins the stores of all parts.

    Of several models: id, sequence, and one column of scores for each, by its name.
    """
    from mit_harness.models.base import Loading
    from mit_harness.models.registry import Registry
    from mit_harness.progress import on_stderr
    from mit_harness.scoring.export import score_rows
    from mit_harness.scoring.shard import only_shard, parse_shard

    part = None if shard is None else parse_shard(shard)
    made = read_set(sequences)
    loading = Loading(tuple(trust_remote_code or ()), offline, device, dtype)
    registry = Registry(catalogue=lambda: made, loading=loading)
    handles = registry.resolve_all(models)
    for note in registry.notes:
        say(f"note: {note}")
    if max_memory is not None:
        _limit_memory(handles, dtype, max_memory)
    wanted = made if part is None else only_shard(made, part)
    with on_stderr().doing(f"scoring {handles[0].name}") as step:
        if engine == "ray":
            from mit_harness.scoring.remote.engine import How
            from mit_harness.scoring.remote.export import remote_rows

            how = How(loading=loading, cpus=ray_cpus)
            rows = remote_rows(registry, handles, wanted, store, how, step)
        else:
            rows = {
                handle.name: score_rows(handle, wanted, store, step, device, noise=True)
                for handle in handles
            }
    _write(rows, out)
    if out is not None:
        of = "" if part is None else f"of shard {part} "
        say(f"{len(rows) * len(wanted)} scores {of}in {out}")


def _write(rows: "Mapping[str, list[ScoredRow]]", out: Path | None) -> None:
    """Write one model's scores as they are, several models' as columns."""
    from mit_harness.scoring.export import write_columns, write_rows

    if len(rows) == 1:
        write_rows(next(iter(rows.values())), out)
    else:
        write_columns(rows, out)


def _limit_memory(handles: "Sequence[ModelHandle]", dtype: str | None, limit: str) -> None:
    """Refuse a model that is too large; one is in memory at a time, or one in each actor."""
    from mit_harness.models.neural.memory import needs_gb, parse_gb, refuse_too_big, unknown_note

    option = "--max-memory"
    needs = needs_gb(handles, dtype)
    refuse_too_big(needs, parse_gb(limit, option), option=option)
    if note := unknown_note(needs, option):
        say(f"note: {note}")


@app.command()
def merge(
    out: Annotated[Path, typer.Argument(help="Store to write, or a table that ends in .tsv.")],
    inputs: Annotated[list[Path], typer.Argument(help="Stores (or tables) to join.")],
) -> None:
    """Join score stores, or tables of `score`, into one; write nothing where two disagree.

    A store OUT that is there already is an input too. Inputs are only read; nobody should be
    writing to them.
    """
    if out.suffix.lower() == ".tsv":
        from mit_harness.scoring.merge_tables import merge_tables

        count = merge_tables(out, inputs)
        say(f"{count:,} scores in {out}")
        return
    from mit_harness.scoring.merge import merge_stores

    found = merge_stores(out, inputs)
    models = f"{found.scorers} model{'' if found.scorers == 1 else 's'}"
    new = "" if found.added == found.scores else f", {found.added:,} of them new"
    say(f"{found.scores:,} scores of {models} in {out}{new}")


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
