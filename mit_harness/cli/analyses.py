"""Looks behind the verdicts: the control audit, and the pairs that models get wrong."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mit_harness.cli.app import (
    Break,
    N,
    Out,
    RegulonDB,
    Seed,
    Split,
    app,
    design_spec,
    read_set,
    say,
    write_text,
)
from mit_harness.errors import InputError


@app.command()
def audit(
    file: Annotated[
        Path | None, typer.Argument(help="Sequences; default: the benchmark's.")
    ] = None,
    out: Out = None,
    figure: Annotated[Path | None, typer.Option(help="Draw it, too: an SVG file.")] = None,
    format: Annotated[  # noqa: A002
        Literal["markdown", "tsv"], typer.Option(help="A report, or one row per pair.")
    ] = "markdown",
    n: N = 100,
    seed: Seed = 42,
    split: Split = "test",
    break_form: Break = "TGTAAT",
    regulondb: RegulonDB = None,
) -> None:
    """Show what tells the groups apart that claims compare, besides the elements' places."""
    from mit_harness.claims.registry import CLAIMS, everything, get_claim
    from mit_harness.progress import on_stderr
    from mit_harness.report.audit import audit_sequences

    if file is not None and regulondb is not None:
        raise InputError("--regulondb goes with the benchmark's own sequences, not with a file")
    spec = design_spec(n, seed, split, break_form, regulondb=regulondb)
    with on_stderr().doing("designing and comparing sequences"):
        made = everything(spec) if file is None else read_set(file)
        found = audit_sequences(made, map(get_claim, CLAIMS))
    if not found.audits:
        raise InputError(f"{file}: {found.nothing(made)}")
    for text in found.left_out:
        say(f"note: not audited: {text}")
    if figure is not None:
        with on_stderr().doing("drawing the audit"):
            write_text(found.svg, figure)
    write_text(found.markdown if format == "markdown" else found.tsv, out)


@app.command()
def errors(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL", help="Model specs, such as pa-pwm markov.")
    ],
    claim: Annotated[
        list[str] | None,
        typer.Option(help="Claim, repeatable (default: compensation, scrambled_control)."),
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["markdown", "tsv"], typer.Option(help="A report, or one row per pair.")
    ] = "markdown",
    out: Out = None,
    n: N = 100,
    seed: Seed = 42,
    split: Split = "test",
    break_form: Break = "TGTAAT",
    store: Annotated[
        Path | None,
        typer.Option(envvar="MIT_HARNESS_STORE", help="Score store (default: that of the evals)."),
    ] = None,
) -> None:
    """Show which pairs models get wrong, what tells these apart, and how far models agree."""
    from mit_harness.claims.registry import everything, get_claim
    from mit_harness.models.registry import Registry
    from mit_harness.progress import on_stderr
    from mit_harness.report.error_analysis import analyse
    from mit_harness.report.error_features import group_pairs, to_score
    from mit_harness.report.error_table import errors_markdown, errors_tsv
    from mit_harness.scoring.export import score_rows
    from mit_harness.session.settings import default_store

    spec = design_spec(n, seed, split, break_form)
    asked = dict.fromkeys(claim or ("compensation", "scrambled_control"))
    kept = default_store() if store is None else store.expanduser()
    with on_stderr().doing("designing sequences") as step:
        pairs = group_pairs(map(get_claim, asked), spec)
        handles = Registry(catalogue=lambda: everything(spec)).resolve_all(models)
        sequences = to_score(pairs)
        scored = [(handle, score_rows(handle, sequences, kept, step)) for handle in handles]
        step.say("looking at the pairs that went wrong")
        analysis = analyse(scored, pairs, spec, seed=seed)
    write = errors_markdown if format == "markdown" else errors_tsv
    write_text(write(analysis), out)
