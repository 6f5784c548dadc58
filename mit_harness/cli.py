"""``mit-harness``: sequences out, scores in, tables from finished runs. No science here."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mit_harness import __version__
from mit_harness.errors import InputError, MitHarnessError

if TYPE_CHECKING:
    from mit_harness.models.base import ModelHandle
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

Format = Literal["tsv", "csv", "fasta", "jsonl", "parquet"]
Dtype = Literal["float32", "bfloat16", "float16", "float64"]
N = Annotated[int, typer.Option("--n", min=1, help="Number of backgrounds, that is of pairs.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random choice.")]
Split = Annotated[Literal["test", "dev"], typer.Option(help="dev: a seed stream to tune on.")]
Break = Annotated[str, typer.Option("--break", help="Form of every broken -10 box.")]
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


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _wrapped(text: str, width: int = WIDTH, indent: int = 0) -> str:
    """Return lines of at most `width` columns, all but the first indented; words stay whole."""
    import textwrap

    return textwrap.fill(text, width, subsequent_indent=" " * indent, break_on_hyphens=False)


def _spec(n: int, seed: int, split: str, break_form: str) -> "DesignSpec":
    from mit_harness.promoter.core import DesignSpec
    from mit_harness.promoter.grammar import SIGMA70
    from mit_harness.promoter.seeds import Seeds

    SIGMA70.check_break(break_form)
    return DesignSpec(n=n, seeds=Seeds(seed, split), break_form=break_form)  # type: ignore[arg-type]


def _read(file: Path, length: int | None = None) -> "SequenceSet":
    from mit_harness.promoter.files import read_sequences

    made, notes = read_sequences(file, length)
    for note in notes:
        _say(f"note: {note}")
    return made


@app.command()
def models(
    check: Annotated[
        str | None,
        typer.Option(metavar="PRESET", help="What that model needs, and what is missing here."),
    ] = None,
) -> None:
    """List the models that can be named, and how they are."""
    from tabulate import tabulate

    from mit_harness.models.embedded import EMBEDDED
    from mit_harness.models.neural.checks import check_text
    from mit_harness.models.neural.presets import PRESETS
    from mit_harness.models.registry import Registry

    if check is not None:
        typer.echo(check_text(check))
        return
    rows = [(entry.name, entry.method, entry.summary) for entry in EMBEDDED.values()]
    known = {*EMBEDDED, *PRESETS}
    installed = [name for name in Registry().names() if name not in known]
    rows += [(name, "", "installed by another package") for name in installed]
    taken = sum(max(len(row[column]) + 2 for row in rows) for column in (0, 1))
    rows = [(*row[:2], _wrapped(row[2], max(WIDTH - taken, 24))) for row in rows]
    typer.echo(tabulate(rows, ("model", "score", "what it is"), tablefmt="plain"))
    presets = f"presets, whose needs `models --check PRESET` tells: {', '.join(PRESETS)}"
    others = "Hugging Face: hf:ORG/NAME@REVISION or hf:./FOLDER; your own: "
    others += "py:package.module:factory; recorded scores: scores:FILE#column"
    typer.echo("\n" + _wrapped(presets, indent=4))
    typer.echo(_wrapped(others, indent=4))


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
        typer.echo(_wrapped(f"{claim_id} (version {claim.version}): {claim.title}", indent=4))
        does = f"    compares {claim.compares}; holds when {claim.threshold_text}"
        typer.echo(_wrapped(does, indent=4))


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
) -> None:
    """Write the sequences to score, the same bytes each time."""
    from mit_harness.claims.registry import everything, get_claim
    from mit_harness.promoter import core
    from mit_harness.promoter.files import write_sequences
    from mit_harness.promoter.natural import promoter_name

    spec = _spec(n, seed, split, break_form)
    if families and what != "core":
        raise InputError("--families goes with `design core`")
    if what == "core":
        made = core.core(spec)
        made = made | core.families(spec) if families else made
    elif what == "all":
        made = everything(spec)
    else:
        made = get_claim(what).design(spec)
    names = {"promoter": [promoter_name(item) for item in made]}
    write_sequences(made, sys.stdout if out is None else out, format, names)
    _say(f"{len(made)} sequences, sha256 {made.sha256}")


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
    dtype: Annotated[
        Dtype | None, typer.Option(help="Of a neural model's parameters (default: float32).")
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Refuse a larger model, such as 40GB.")
    ] = None,
) -> None:
    """Score a file of sequences: columns id, sequence, score, tokens, bases."""
    from mit_harness.models.base import Loading
    from mit_harness.models.registry import Registry
    from mit_harness.scoring.export import score_rows, write_rows

    made = _read(sequences)
    loading = Loading(tuple(trust_remote_code or ()), offline, device, dtype)
    handle = Registry(catalogue=lambda: made, loading=loading).resolve(model)
    if max_memory is not None:
        _limit_memory(handle, dtype, max_memory)
    write_rows(score_rows(handle, made, store), out)


def _limit_memory(handle: "ModelHandle", dtype: str | None, limit: str) -> None:
    from mit_harness.models.neural.memory import needs_gb, parse_gb, refuse_too_big, unknown_note

    option = "--max-memory"
    needs = needs_gb([handle], dtype)
    refuse_too_big(needs, parse_gb(limit, option), option=option)
    if note := unknown_note(needs, option):
        _say(f"note: {note}")


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

    made = _read(sequences)
    write_rows(checked_scores(file, column, made, sequences_sha256), out)
    if sequences_sha256 is None and names_ids_only(file):
        _say(
            f"note: {file} holds ids and no sequences, so nothing shows that these were scored; "
            "add a column of sequences, or --sequences-sha256 with what `mit-harness design` said"
        )
    _say(f"{len(made)} scores in {out}; use --mit-model 'scores:{out}#score'")


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
) -> None:
    """Show what tells the groups apart that claims compare, besides the elements' places."""
    from mit_harness.claims.registry import CLAIMS, everything, get_claim
    from mit_harness.report.audit import audit_sequences

    made = everything(_spec(n, seed, split, break_form)) if file is None else _read(file)
    found = audit_sequences(made, map(get_claim, CLAIMS))
    if not found.audits:
        raise InputError(f"{file}: {found.nothing(made)}")
    for text in found.left_out:
        _say(f"note: not audited: {text}")
    if figure is not None:
        _write_text(found.svg, figure)
    _write_text(found.markdown if format == "markdown" else found.tsv, out)


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
    from mit_harness.report.error_analysis import analyse
    from mit_harness.report.error_features import group_pairs, to_score
    from mit_harness.report.error_table import errors_markdown, errors_tsv
    from mit_harness.scoring.export import score_rows
    from mit_harness.session.settings import default_store

    spec = _spec(n, seed, split, break_form)
    asked = dict.fromkeys(claim or ("compensation", "scrambled_control"))
    pairs = group_pairs(map(get_claim, asked), spec)
    handles = Registry(catalogue=lambda: everything(spec)).resolve_all(models)
    kept = default_store() if store is None else store.expanduser()
    sequences = to_score(pairs)
    scored = [(handle, score_rows(handle, sequences, kept)) for handle in handles]
    analysis = analyse(scored, pairs, spec, seed=seed)
    write = errors_markdown if format == "markdown" else errors_tsv
    _write_text(write(analysis), out)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its results.json.")],
) -> None:
    """Print a finished run as it stood in the terminal."""
    from mit_harness.report.folder import read_results
    from mit_harness.report.terminal import summary_lines

    typer.echo("\n".join(summary_lines(read_results(run))))


@app.command()
def leaderboard(
    runs: Annotated[list[Path], typer.Argument(help="Runs' folders, or results.json files.")],
    out: Out = None,
) -> None:
    """Merge runs of one design into one markdown leaderboard."""
    from mit_harness.report.folder import read_results
    from mit_harness.report.leaderboard import merge, to_markdown

    design_record, merged = merge([read_results(run) for run in runs])
    _write_text(to_markdown(design_record, merged, __version__), out)


def _write_text(text: str, out: Path | None) -> None:
    from mit_harness.atomic import atomic

    if out is None:
        typer.echo(text, nl=False)
        return
    with atomic(out) as handle:
        handle.write(text)


def main() -> None:
    """Run the command line; our errors are one line and exit status 2."""
    try:
        app()
    except MitHarnessError as error:
        _say(f"mit-harness: {error}")
        raise SystemExit(2) from None
