"""The gate: whether a run may be released."""

import traceback
from pathlib import Path
from typing import Annotated

import typer

from mit_harness.cli.app import app, say
from mit_harness.errors import InputError, MitHarnessError

GATE = "gate.toml"


@app.command()
def gate(
    run: Annotated[
        Path | None,
        typer.Argument(help="A run's folder, or its results.json (with --init: file to write)."),
    ] = None,
    file: Annotated[
        Path | None, typer.Argument(metavar="GATE", help="The rules, such as gate.toml.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Run to compare with, in place of the file's.")
    ] = None,
    promote: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where promoted, copy the run there as new baseline."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for gate.md and gate.json (default: the run's).")
    ] = None,
    init: Annotated[bool, typer.Option("--init", help="Write a commented starter.")] = False,
) -> None:
    """Hold a finished run against a gate: exit 0 promote, 1 block, 2 could not judge."""
    if init:
        if file or baseline or promote or out:
            raise InputError("gate --init takes nothing but the file to write")
        _write_starter(run or Path(GATE))
        return
    if run is None or file is None:
        raise InputError("gate takes a run and a gate file, or --init to write a starter")
    try:
        status = _judge(run, file, baseline, promote, out)
    except MitHarnessError:
        raise
    except Exception:  # noqa: BLE001 - a crash is no verdict on the model
        # Python itself would end with status 1, which here is a block.
        say(traceback.format_exc())
        say("mit-harness: the gate broke, so nothing was judged")
        status = 2
    raise typer.Exit(status)


def _judge(
    run: Path, file: Path, baseline: Path | None, promote: Path | None, out: Path | None
) -> int:
    from mit_harness.progress import on_stderr
    from mit_harness.report.folder import results_file
    from mit_harness.report.gate.decision import decide
    from mit_harness.report.gate.schema import read_gate
    from mit_harness.report.gate.text import decision_lines, write_decision

    rules = read_gate(file, baseline)
    with on_stderr().doing("recomputing the run"):
        decision = decide(rules, run)
    typer.echo("\n".join(decision_lines(decision)))
    if out is not None and not out.is_dir():
        raise InputError(f"{out} is no folder; make it first")
    if out is not None or run.exists():  # a mistyped run has no folder to write into
        write_decision(decision, out or results_file(run).parent)
    if promote is not None and decision.word == "promote":
        _copy(run, decision.run_sha256, promote)
        say(f"promoted: {promote}")
    elif promote is not None:
        say(f"not promoted: {promote} stays as it is")
    return decision.status


def _copy(run: Path, sha256: str, to: Path) -> None:
    """Make the run that was judged, and no other, the baseline."""
    from mit_harness.report.baseline import promote
    from mit_harness.report.finished import read_run

    found = read_run(run)
    if found.results.run.sha256 != sha256:
        raise InputError(f"{run} changed while it was judged; gate it again")
    promote(found, to, replace=True)


def _write_starter(file: Path) -> None:
    from mit_harness.atomic import atomic
    from mit_harness.report.gate.template import STARTER

    if file.exists():
        raise InputError(f"{file} exists already; name another, or remove it")
    with atomic(file) as handle:
        handle.write(STARTER)
    say(f"wrote {file}; every key in it is explained there and in docs/gate.md")
