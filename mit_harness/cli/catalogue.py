"""What there is: models, claims, and the sequences of the benchmark."""

import sys
from typing import Annotated, Literal

import typer

from mit_harness.cli.app import (
    WIDTH,
    Break,
    N,
    Out,
    RegulonDB,
    Seed,
    Split,
    app,
    design_spec,
    say,
    wrapped,
)
from mit_harness.errors import InputError

Format = Literal["tsv", "csv", "fasta", "jsonl", "parquet"]


@app.command()
def models(
    check: Annotated[
        str | None,
        typer.Option(metavar="PRESET", help="What that model needs, and what is missing here."),
    ] = None,
) -> None:
    """List the models that can be named, and how they are."""
    from mit_harness.models.embedded import EMBEDDED
    from mit_harness.models.neural.checks import check_text
    from mit_harness.models.neural.flanks import METHODS
    from mit_harness.models.neural.presets import PRESETS
    from mit_harness.models.references import REFERENCES
    from mit_harness.models.registry import CALCULATOR, CALCULATOR_SUMMARY, Registry

    if check is not None:
        typer.echo(check_text(check))
        return
    rows = [(entry.name, entry.method, entry.summary) for entry in EMBEDDED.values()]
    known = {*EMBEDDED, *REFERENCES, *PRESETS, CALCULATOR}
    installed = [name for name in Registry().names() if name not in known]
    others = [(name, "", "installed by another package") for name in installed]
    learned = [(r.name, METHODS[r.likelihood], r.summary) for r in REFERENCES.values()]
    learned.append((CALCULATOR, "log-rate", CALCULATOR_SUMMARY))
    for kind, listed in (("control", rows), ("reference", learned), ("model", others)):
        if listed:
            typer.echo(_model_table(kind, listed) + "\n")
    presets = f"presets, whose needs `models --check PRESET` tells: {', '.join(PRESETS)}"
    sets = "sets: controls; references, which need pip install 'mit-harness[glm]'; embedded, "
    sets += "which is both, and the default"
    hub = "Hugging Face: hf:ORG/NAME@REVISION or hf:./FOLDER; your own: "
    hub += "py:package.module:factory; recorded scores: scores:FILE#column"
    typer.echo(wrapped(sets, indent=4))
    typer.echo(wrapped(presets, indent=4))
    typer.echo(wrapped(hub, indent=4))


def _model_table(kind: str, rows: list[tuple[str, str, str]]) -> str:
    """Return models of one kind: name, method, summary."""
    from tabulate import tabulate

    taken = sum(max(len(row[column]) + 2 for row in (*rows, (kind, "score"))) for column in (0, 1))
    shown = [(*row[:2], wrapped(row[2], max(WIDTH - taken, 24))) for row in rows]
    return tabulate(shown, (kind, "score", "what it is"), tablefmt="plain")


@app.command()
def claims(
    power: Annotated[
        bool, typer.Option("--power", help="The smallest effect that each claim detects.")
    ] = False,
    n: Annotated[
        int | None, typer.Option("--n", min=1, help="With --power: backgrounds (default: 100).")
    ] = None,
) -> None:
    """List the claims, what each compares, and when it holds."""
    from mit_harness.claims.registry import CLAIMS, get_claim

    if power:
        _show_power(n)
        return
    if n is not None:
        raise InputError("--n goes with `claims --power`")
    for claim_id in CLAIMS:
        claim = get_claim(claim_id)
        typer.echo(wrapped(f"{claim_id} (version {claim.version}): {claim.title}", indent=4))
        does = f"    compares {claim.compares}; holds when {claim.threshold_text}"
        typer.echo(wrapped(does, indent=4))


def _show_power(n: int | None) -> None:
    from tabulate import tabulate

    from mit_harness.claims.power import power_notes, smallest_effects
    from mit_harness.promoter.core import DEFAULT_N, DesignSpec

    wanted = DEFAULT_N if n is None else n
    rows = [(e.claim, e.metric, e.n, e.text) for e in smallest_effects(DesignSpec(n=wanted))]
    typer.echo(tabulate(rows, ("claim", "metric", "n", "smallest effect"), tablefmt="plain"))
    typer.echo("\n" + "\n".join(power_notes(wanted)))


@app.command()
def design(
    what: Annotated[str, typer.Argument(help="core (the 650 sequences), a claim's id, or all.")],
    families: Annotated[
        bool, typer.Option("--families", help="With core: every control family and decoy pair.")
    ] = False,
    format: Annotated[Format, typer.Option(help="File format.")] = "tsv",  # noqa: A002
    out: Out = None,
    n: N = 100,
    seed: Seed = 42,
    split: Split = "test",
    break_form: Break = "TGTAAT",
    regulondb: RegulonDB = None,
    measured: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Workbook of measured promoters, or fetched."),
    ] = None,
) -> None:
    """Write the sequences to score, the same bytes each time."""
    from mit_harness.claims.registry import everything, get_claim
    from mit_harness.progress import on_stderr
    from mit_harness.promoter import core
    from mit_harness.promoter.files import write_sequences
    from mit_harness.promoter.natural import promoter_name

    spec = design_spec(n, seed, split, break_form, regulondb=regulondb, measured=measured)
    if families and what != "core":
        raise InputError("--families goes with `design core`")
    with on_stderr().doing("designing sequences"):
        if what == "core":
            made = core.core(spec)
            made = made | core.families(spec) if families else made
        elif what == "all":
            made = everything(spec)
        else:
            made = get_claim(what).design(spec)
    names = {"promoter": [promoter_name(item, spec.natural) for item in made]}
    write_sequences(made, sys.stdout if out is None else out, format, names)
    say(f"{len(made)} sequences, sha256 {made.sha256}")
