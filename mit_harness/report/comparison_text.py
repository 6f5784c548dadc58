"""Comparisons written down: markdown, one row per metric or flipped pair, JSON, or 80 columns."""

import csv
import io
import json
import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from mit_harness.errors import printable
from mit_harness.report.comparison import Comparison, Difference
from mit_harness.report.counterparts import Compared
from mit_harness.report.flipped import FlippedPair
from mit_harness.report.text import ABSENT, fit, markdown

WIDTH = 80
SCHEMA = "mit-harness/comparison/1"
_HEADER = ("metric", "n", "baseline", "candidate", "difference [95 % CI]", "+/-", "p", "Holm")
_METHOD = (
    "Difference: candidate less baseline, both scored on the same sequences. Intervals: 95 %, "
    "bootstrap, each background (matched set) drawn once for both models. +/-: pairs (matched "
    "sets) in which the candidate does better, and worse, a tie standing between winning and "
    "losing. p: McNemar's exact test of these, two-sided. Holm: p adjusted over the deciding "
    "metrics of the comparison. Differences without p are untested: read their interval, which is "
    "not adjusted. Method and formulas: docs/compare.md."
)


def differs(found: Difference) -> bool:
    """Tell whether the interval of a difference excludes 0."""
    low, high = found.ci_low, found.ci_high
    return low is not None and high is not None and (low > 0 or high < 0)


def comparison_markdown(compared: Compared, *, flipped: bool = False) -> str:
    """Return everything as markdown; `flipped` lists the flipped pairs too.

    Nothing in it depends on the date, and names are escaped.
    """
    design = compared.design
    where = (
        f"Protocol {design.protocol}, n = {design.n}, seed {design.seed}, split {design.split}, "
        f"broken box {design.break_form}. Baseline: the run with the checksum "
        f"{compared.baseline[:12]}."
    )
    parts = ["# Comparison", _paragraph(where), _paragraph(_METHOD)]
    if compared.alone:
        names = ", ".join(map(markdown, compared.alone))
        parts.append(_paragraph(f"Without a counterpart in the baseline: {names}."))
    for found in compared.comparisons:
        parts += _model(found, flipped=flipped)
    return "\n\n".join(parts) + "\n"


def _model(found: Comparison, *, flipped: bool) -> list[str]:
    parts = [
        f"## {markdown(found.candidate)} against {markdown(found.baseline)}",
        "\n".join(map(_item, (*_sentences(found), *map(markdown, found.notes)))),
    ]
    if found.identical:
        return parts
    deciding = [d for d in found.differences if d.role == "deciding"]
    if deciding:
        parts += ["Deciding metrics:", _table(deciding)]
    for claim in dict.fromkeys(d.claim for d in found.differences):
        mine = [d for d in found.differences if d.claim == claim]
        parts += [f"### {claim}", _table(mine)]
        notes = [f"`{d.metric}`: {d.note}." for d in mine if d.note]
        if notes:
            parts.append("\n".join(map(_item, notes)))
        if flipped:
            parts += _flips([flip for flip in found.flipped if flip.claim == claim])
    return parts


def _sentences(found: Comparison) -> list[str]:
    """Return what came out, in words."""
    if found.identical:
        return [f"identical scores, and so {_counted(len(found.differences), 'metric')}"]
    deciding = [d for d in found.differences if d.role == "deciding"]
    higher = [d.metric for d in deciding if differs(d) and (d.difference or 0.0) > 0]
    lower = [d.metric for d in deciding if differs(d) and d.metric not in higher]
    said = [
        f"{len(higher) + len(lower)} of {_counted(len(deciding), 'deciding metric')} with an "
        "interval that excludes 0"
        + "".join(
            f"; {way}: {', '.join(names)}"
            for way, names in (("higher", higher), ("lower", lower))
            if names
        )
    ]
    changed = [v for v in found.verdicts if v.candidate != v.baseline]
    said.append(
        "verdicts that changed: "
        + "; ".join(f"{v.claim} from {v.baseline} to {v.candidate}" for v in changed)
        if changed
        else f"{_counted(len(found.verdicts), 'verdict')}, none of them changed"
    )
    counts = Counter(flip.change for flip in found.flipped)
    said.append(
        f"{_counted(len(found.flipped), 'pair')} flipped: {counts['gained']} gained, "
        f"{counts['lost']} lost"
    )
    return said


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _table(rows: Iterable[Difference]) -> str:
    from tabulate import tabulate

    cells = [(f"`{d.metric}`", str(d.n), *_cells(d)) for d in rows]
    return tabulate(cells, _HEADER, tablefmt="pipe", disable_numparse=True)


def _cells(found: Difference) -> tuple[str, ...]:
    change = _signed(found.difference)
    if found.ci_low is not None and found.ci_high is not None:
        change += f" [{_signed(found.ci_low)}, {_signed(found.ci_high)}]"
    pairs = ABSENT if found.gained is None else f"{found.gained}/{found.lost}"
    return (
        _plain(found.baseline),
        _plain(found.candidate),
        change,
        pairs,
        _p(found.mcnemar_p),
        _p(found.p_holm),
    )


def _plain(value: float | None) -> str:
    """Return three significant digits: metrics are in all kinds of units."""
    if value is None:
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value + 0.0:.3g}"


def _signed(value: float | None) -> str:
    text = _plain(value)
    return f"+{text}" if value is not None and value > 0 else text


def _p(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.2g}"


def _flips(flips: Sequence[FlippedPair]) -> list[str]:
    if not flips:
        return []
    from tabulate import tabulate

    rows = [
        (
            flip.change,
            printable(flip.winner),
            printable(flip.loser),
            f"{flip.candidate:.4g}",
            f"{flip.baseline:.4g}",
        )
        for flip in flips
    ]
    header = ("", "winner", "loser", "candidate", "baseline")
    lines = tabulate(rows, header, tablefmt="plain", disable_numparse=True).splitlines()
    said = "Flipped pairs, each with both models' score of the winner less the loser's:"
    return [said, "\n".join(f"    {line}".rstrip() for line in lines)]


def comparison_tsv(compared: Compared, *, flipped: bool = False) -> str:
    """Return one tab-separated row per metric, or per flipped pair, unrounded; empty: undefined."""
    kind: type[Difference] | type[FlippedPair] = FlippedPair if flipped else Difference
    handle = io.StringIO()
    writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
    names = [field.name for field in fields(kind)]
    models = ("candidate_model", "baseline_model")
    writer.writerow((*models, *names))
    for found in compared.comparisons:
        rows: Sequence[Difference | FlippedPair] = found.flipped if flipped else found.differences
        for row in rows:
            cells = (found.candidate, found.baseline, *(getattr(row, name) for name in names))
            writer.writerow([_cell(value) for value in cells])
    return handle.getvalue()


def _cell(value: object) -> str:
    return "" if value is None else printable(str(value))


def comparison_json(compared: Compared, *, flipped: bool = False) -> str:
    """Return everything as JSON; infinite values are the strings "Infinity", "-Infinity"."""
    rows = []
    for found in compared.comparisons:
        row = asdict(found)
        if not flipped:
            row.pop("flipped")
        rows.append(row)
    whole = {
        "schema": SCHEMA,
        "design": compared.design.model_dump(),
        "baseline_sha256": compared.baseline,
        "without_counterpart": list(compared.alone),
        "comparisons": rows,
    }
    return json.dumps(_strict(whole), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _strict(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _strict(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(inner) for inner in value]
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def comparison_lines(compared: Compared) -> list[str]:
    """Return what decides, which verdicts changed and how many pairs flipped, in 80 columns."""
    lines: list[str] = []
    same = [found.candidate for found in compared.comparisons if found.identical]
    if same:
        lines += _wrapped(f"scores identical to the baseline's: {', '.join(same)}")
    for found in compared.comparisons:
        if found.identical:
            continue
        title = f"{found.candidate} against the baseline's {found.baseline}"
        lines += _wrapped(f"{title}, candidate less baseline:")
        lines += _columns([d for d in found.differences if d.role == "deciding"])
        said = (*_sentences(found), *found.notes)
        lines += [line for text in said for line in _wrapped(f"  {text}")]
    if compared.alone:
        lines += _wrapped(f"without a counterpart in the baseline: {', '.join(compared.alone)}")
    return lines


def _columns(rows: Sequence[Difference]) -> list[str]:
    if not rows:
        return []
    header = ("", "baseline", "now", "difference [95 % CI]", "+/-", "Holm p")
    cells = [header]
    for d in rows:
        before, now, change, pairs, _, holm = _cells(d)
        cells.append((printable(d.metric), before, now, change.replace(", ", ","), pairs, holm))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    left = WIDTH - 2 - sum(widths[1:]) - 2 * (len(widths) - 1)
    widths[0] = min(widths[0], max(left, 8))
    lines = []
    for name, *others in cells:
        texts = (fit(name, widths[0]), *others)
        padded = (text.ljust(width) for text, width in zip(texts, widths, strict=True))
        lines.append(("  " + "  ".join(padded)).rstrip())
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(printable(text), WIDTH, subsequent_indent="    ")


def _paragraph(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _item(text: str) -> str:
    return textwrap.fill(
        f"- {text}", WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
