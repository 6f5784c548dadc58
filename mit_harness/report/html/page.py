"""report.html from a run's results, scores and audit; the same bytes for the same run."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from mit_harness.claims.registry import CLAIMS
from mit_harness.errors import printable
from mit_harness.report.audit import AuditReport
from mit_harness.report.charts.theme import config
from mit_harness.report.error_table import ALPHA
from mit_harness.report.html import mistakes, views
from mit_harness.report.html.audited import AuditView, audit_view
from mit_harness.report.html.figures import Figure, drawn
from mit_harness.report.html.packed import compact, packed_json
from mit_harness.report.html.pairs import MOST_PAIRS, OUTCOMES, GroupRows, compared, pair_data
from mit_harness.report.items import ItemScores
from mit_harness.report.leaderboard import describe_design, notes, ranked
from mit_harness.report.schema import ModelRecord, Results, RunRecord
from mit_harness.report.terminal import control_line

_SECTIONS = {
    "verdicts": "Verdicts",
    "leaderboard": "Leaderboard",
    "figures": "Figures",
    "reasons": "Reasons",
    "numbers": "Numbers",
    "pairs": "Pairs",
    "errors": "Errors",
    "audit": "Audit",
    "about": "About",
}
_LEGEND = {
    "holds": "the interval lies above the threshold; holds*: not after the correction for "
    "multiplicity",
    "undecided": "more pairs are needed",
    "absent": "shown to be near chance",
    "refuted": "the interval lies at or below the threshold",
    "error": "a score is missing, or something broke",
}
_NO_ITEMS = "This run kept no per-item scores, so its pairs cannot be shown."
_NO_PAIRS = "No claim of this run compares pairs that this page knows."
_NO_FIGURES = "Nothing that a figure shows was measured in this run."


@dataclass(frozen=True)
class Run:
    """What a page is made from.

    Attributes
    ----------
    results
        Of the run.
    items
        Per-item scores, if it kept them.
    audit
        Of its sequences, if there is one.
    draw
        Returns the figures; called only if the page has to be made.
    """

    results: Results
    items: ItemScores | None = None
    audit: AuditReport | None = None
    draw: Callable[[], Sequence[Figure]] = tuple

    @property
    def models(self) -> list[ModelRecord]:
        """Models in the leaderboard's order."""
        return ranked(self.results.models)


def page(run: Run) -> str:
    """Return the page: one HTML file that loads nothing.

    All that differs between two runs of one command (date, duration, checksum) stands between
    ``<!--stamp-->`` and ``<!--/stamp-->``; see `stamped`.
    """
    figures = run.draw()
    bundle = drawn(figures)
    script = f"{_asset('viewer.js')}\n{_asset('page.js')}"
    # The text between the tags, as the browser hashes it: with the template's line feed.
    scripts = [*([bundle] if bundle else []), f"\n{script}"]
    text = (
        _templates()
        .get_template("report.html.j2")
        .render(
            **_tables(run),
            **_pairs(run, figures),
            sections=list(_SECTIONS.items()),
            legend=list(_LEGEND.items()),
            symbols=views.SYMBOLS,
            harness=run.results.run.harness,
            design=printable(describe_design(run.results.design)),
            stamp=stamp(run.results.run),
            summary=_summary(run),
            warnings=_warnings(run.results.run),
            skipped=[(printable(k), printable(v)) for k, v in run.results.run.skipped.items()],
            figures=figures,
            no_figures=_NO_FIGURES,
            audit=_audit(run),
            script_hashes=" ".join(map(_hash, scripts)),
            css=_asset("style.css"),
            script=script,
            bundle=bundle,
        )
    )
    return f"{text.rstrip()}\n"


def _hash(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"


@lru_cache(maxsize=8)
def _asset(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _templates() -> Any:  # noqa: ANN401 - jinja2 is imported only when a page is made
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=False,
        keep_trailing_newline=True,
    )


def stamp(run: RunRecord) -> str:
    """Return what is this very run's: its date, its duration, the checksum of its results."""
    took = "" if run.duration_s is None else f", in {run.duration_s:g} s"
    checksum = f"; results.json sha256 {run.sha256[:16]}" if run.sha256 else ""
    created, rest = _escaped(run.created), _escaped(f"{took}{checksum}")
    return f'Run of <time datetime="{created}">{created}</time>{rest}.'


def _escaped(text: str) -> str:
    from html import escape

    return escape(printable(text))


def stamped(text: str, run: RunRecord) -> str | None:
    """Return a page with another run's stamp in its one place; None if it has no such place."""
    made, found = re.subn(
        "<!--stamp-->.*?<!--/stamp-->",
        lambda _: f"<!--stamp-->{stamp(run)}<!--/stamp-->",
        text,
        count=1,
        flags=re.DOTALL,
    )
    return made if found else None


def _summary(run: Run) -> str:
    said = control_line(run.results)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _warnings(run: RunRecord) -> list[str]:
    said = [f"{test} broke: {why}" for test, why in run.faults.items()]
    if not run.complete:
        said.append("This run is incomplete: some of its evals broke or were never reported.")
    return [printable(text) for text in said]


def _audit(run: Run) -> AuditView | None:
    return None if run.audit is None else audit_view(run.audit)


def _options(values: Sequence[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


def _tables(run: Run) -> dict[str, Any]:
    models = run.models
    claims = views.claim_ids(models)
    judged = {c.id for m in models for c in m.claims if c.verdict != "measured"}
    rows, why = views.model_rows(models, claims), views.reasons(models, claims)
    kinds = [kind for kind in ("control", "reference", "user") if any(r.kind == kind for r in rows)]
    verdicts = [v for v in views.SYMBOLS if any(r.verdict.kind == v for r in why)]
    drifted = [("drifted", "drifted control")] if any(r.verdict.drifted for r in why) else []
    return {
        "rows": rows,
        "judged": [printable(claim) for claim in claims if claim in judged],
        "judged_at": [claim in judged for claim in claims],
        "asked": views.asked(claims),
        "reasons": why,
        "columns": list(views.BOARD),
        "kinds": _options(kinds),
        "verdict_options": [*_options(verdicts), *drifted],
        "claim_options": _options([printable(claim) for claim in claims]),
        "board_note": notes.of_protocol(run.results.design).replace("\n", " ").replace("`", ""),
    }


def _pairs(run: Run, figures: Sequence[Figure]) -> dict[str, Any]:
    models, claims = run.models, views.claim_ids(run.models)
    items = run.items or ItemScores()
    every = compared(items, run.results.design)
    viewer = pair_data(models, items, every)
    counted = mistakes.counts(models, items, every)
    told, left_out = mistakes.told_apart(models, items, every, run.results.design.seed)
    data: dict[str, Any] = {
        "models": [printable(model.name) for model in models],
        "claims": [printable(claim) for claim in claims],
        "numbers": packed_json(views.every_number(models, claims)),
        "outcome_names": OUTCOMES,
        "pairs": viewer,
        "outcomes": packed_json(counted),
        "figures": packed_json([figure.data() for figure in figures]),
        "themes": {"light": config(), "dark": config(dark=True)},
    }
    return {
        "data": compact(data),
        "has_pairs": bool(viewer["claims"]),
        "no_pairs": _NO_ITEMS if run.items is None else _NO_PAIRS,
        "unknown": _unknown(items, every),
        "counted": counted,
        "pair_claim_options": _options([claim["id"] for claim in viewer["claims"]]),
        "told": told,
        "told_left_out": left_out,
        "told_note": mistakes.NOTE,
        "told_alpha": ALPHA,
    }


def _unknown(items: ItemScores, every: Mapping[str, Sequence[GroupRows]]) -> str:
    """Return which pairs are not on the page, and why."""
    said = []
    for claim in items.sequences:
        if claim not in every:
            why = "it compares no pairs" if claim in CLAIMS else "a claim of the project's own"
            said.append(f"{printable(claim)} ({why})")
    if any(len(rows.first) > MOST_PAIRS for pairs in every.values() for rows in pairs):
        said.append(f"all but the first {MOST_PAIRS:,} of two groups (scores.parquet has all)")
    return ", ".join(said)
