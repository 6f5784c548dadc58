"""An error analysis written down: markdown that reads in a terminal, or one row per pair."""

import csv
import io
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from tabulate import tabulate

from mit_harness.errors import printable
from mit_harness.promoter.grammar import Grammar
from mit_harness.report.error_analysis import (
    MANN_WHITNEY,
    OUTCOMES,
    Agreement,
    Analysis,
    Comparison,
    ModelErrors,
    PairErrors,
)
from mit_harness.report.error_features import TOKEN_FEATURES, GroupPair, sequence_features
from mit_harness.report.text import ABSENT, markdown, number
from mit_harness.stats.metric import Metric

WIDTH = 80
ALPHA = 0.05
"""Two-sided level, after the correction, at which a feature is said to tell the pairs apart."""
SHOWN = 20
"""Wrong pairs that the markdown lists for one pair of groups; the tsv has all."""
_BASES = 60  # of one line of an alignment
_CODE = "    "  # an indented code block: nothing in it is markdown or HTML


def errors_markdown(analysis: Analysis) -> str:
    """Return the analysis as markdown, prose and lists in 80 columns.

    Nothing in it depends on the date, and names are escaped.
    """
    parts = ["# Error analysis", _method(analysis)]
    for model in analysis.models:
        parts += _model(model)
    if analysis.agreements:
        parts += _agreement(analysis)
    features = (*sequence_features(analysis.spec.grammar), *TOKEN_FEATURES)
    parts += [
        "## Features",
        "\n".join(_item(f"`{f.name}` ({f.unit}): {f.meaning}.") for f in features),
    ]
    return "\n\n".join(parts) + "\n"


def errors_tsv(analysis: Analysis) -> str:
    """Return one tab-separated row per model and pair, right, wrong or tied, unrounded.

    Columns: model, claims (joined by ``,``), winner and loser (ids), index, outcome, margin, and
    the features; token counts are empty where a model does not count them.
    """
    names = [f.name for f in (*sequence_features(analysis.spec.grammar), *TOKEN_FEATURES)]
    handle = io.StringIO()
    writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
    writer.writerow(["model", "claims", "winner", "loser", "index", "outcome", "margin", *names])
    for model in analysis.models:
        for part in model.pairs:
            writer.writerows(_rows(model, part, names))
    return handle.getvalue()


def _rows(model: ModelErrors, part: PairErrors, names: Sequence[str]) -> Iterator[list[str]]:
    claims = printable(",".join(part.pair.claims))
    for k, (winner, loser) in enumerate(part.pair.items):
        cells = [repr(float(part.features[f][k])) if f in part.features else "" for f in names]
        ids = [printable(winner.id), printable(loser.id), str(winner.index)]
        margin = repr(float(part.margins[k]))
        yield [printable(model.name), claims, *ids, part.outcomes[k], margin, *cells]


def _paragraph(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _item(text: str) -> str:
    return textwrap.fill(
        f"- {text}", WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _code(lines: Iterable[str]) -> str:
    return "\n".join(f"{_CODE}{printable(line)}".rstrip() for line in lines)


def _title(pair: GroupPair) -> str:
    return f"{markdown(pair.winner)} over {markdown(pair.loser)}"


def _method(analysis: Analysis) -> str:
    spec = analysis.spec
    return "\n\n".join(
        map(
            _paragraph,
            (
                f"Sequences: n = {spec.n}, seed {spec.seeds.seed}, split {spec.seeds.split}, "
                f"broken box {spec.break_form}.",
                "A pair is right where the group named first, which has to win, scores higher by "
                "more than the model's tolerance, wrong where it scores lower, else a tie. Margin: "
                "its score less the other's, in the model's unit (nats for likelihoods).",
                f"Tests: {MANN_WHITNEY} of each feature, right against wrong pairs, ties left "
                "out; Holm: p adjusted by Holm over all tests of the model, whose number is "
                "given; right/wrong: means of the feature. AUC: probability that a right pair has "
                "the larger value, equal values counted 1/2, with a 95 % interval "
                f"({analysis.size:,} bootstrap resamples of right and of wrong pairs, percentile, "
                f"seed {analysis.seed}; not adjusted, and somewhat narrow below a dozen pairs of a "
                "kind). Features are correlated, and one that tells right from wrong need not be "
                "what the model uses; that none does, does not show that the pairs are alike.",
            ),
        )
    )


def _model(model: ModelErrors) -> list[str]:
    counted = [
        (_title(part.pair), *(part.count(outcome) for outcome in OUTCOMES)) for part in model.pairs
    ]
    parts = [
        f"## {markdown(model.name)}",
        _table(counted, ("pairs", *OUTCOMES)),
        _findings(model),
    ]
    if not model.tokens:
        names = " and ".join(f"`{feature.name}`" for feature in TOKEN_FEATURES)
        why = "the model counts one token per base, or does not say how many it takes"
        parts.append(_paragraph(f"Without {names}: {why}."))
    for part in model.pairs:
        parts += _pair(part)
    return parts


def _findings(model: ModelErrors) -> str:
    """Return what tells right from wrong after the correction, the surest first."""
    if not model.family:
        return "Nothing could be tested; the reasons stand below."
    found = [
        (test, part.pair)
        for part in model.pairs
        for test in part.comparisons
        if test.p_holm < ALPHA
    ]
    tested = f"{model.family} tests, two-sided, Holm-adjusted p < {ALPHA}"
    if not found:
        return _paragraph(f"Nothing tells right from wrong pairs ({tested}).")
    found.sort(key=lambda known: known[0].p_holm)  # stable: else in the order of the tables
    items = [_finding(test, pair) for test, pair in found]
    return "\n".join([_paragraph(f"What tells right from wrong pairs ({tested}):"), "", *items])


def _finding(test: Comparison, pair: GroupPair) -> str:
    value = test.auc.value or 0.0
    way = "higher" if value > 0.5 else "lower" if value < 0.5 else "differently spread"
    return _item(
        f"{_title(pair)}: `{test.feature}` is {way} in right pairs (AUC {_interval(test.auc)}, "
        f"Holm-adjusted p = {test.p_holm:.3g})"
    )


def _pair(part: PairErrors) -> list[str]:
    pair = part.pair
    claims = ", ".join(map(markdown, pair.claims))
    numbers = ", ".join(f"{part.count(outcome)} {outcome}" for outcome in OUTCOMES)
    parts = [f"### {_title(pair)} ({claims})", f"{len(pair.items)} pairs: {numbers}."]
    if part.untested:
        parts.append(_paragraph(f"Not tested: {part.untested}."))
    if part.comparisons:
        parts.append(_table(map(_comparison, part.comparisons), _HEADER))
    notes = [f"`{test.feature}`: {test.auc.note}." for test in part.comparisons if test.auc.note]
    reasons: dict[str, list[str]] = {}
    for name, why in part.left_out.items():
        reasons.setdefault(why, []).append(f"`{name}`")
    notes += [f"Not tested: {', '.join(names)}: {why}." for why, names in reasons.items()]
    if notes:
        parts.append("\n".join(map(_item, notes)))
    return parts + _wrong(part)


_HEADER = ("feature", "right/wrong", "AUC [95 % CI]", "p", "Holm")


def _comparison(test: Comparison) -> tuple[str, ...]:
    means = (test.right, test.wrong)
    digits = 3 if 0 <= min(means) <= max(means) <= 1 else 2  # fractions lie close together
    return (
        f"`{test.feature}`",
        " / ".join(f"{mean:.{digits}f}" for mean in means).replace("-0.00", "0.00"),
        _interval(test.auc),
        ABSENT if test.auc.p is None else f"{test.auc.p:.2g}",
        f"{test.p_holm:.2g}",
    )


def _interval(metric: Metric) -> str:
    if metric.value is None or metric.ci_low is None or metric.ci_high is None:
        return number(metric.value)
    return f"{number(metric.value)} [{number(metric.ci_low)}, {number(metric.ci_high)}]"


def _table(rows: Iterable[Sequence[object]], header: Sequence[str]) -> str:
    return tabulate(list(rows), header, tablefmt="pipe", disable_numparse=True)


def _wrong(part: PairErrors) -> list[str]:
    wrong = part.wrong()
    if not wrong:
        return []
    shown = wrong[:SHOWN]
    rows = [(f"{part.margins[k]:.4g}", *(item.id for item in part.pair.items[k])) for k in shown]
    lines = tabulate(
        [tuple(map(printable, row)) for row in rows],
        ("margin", "winner", "loser"),
        tablefmt="plain",
        disable_numparse=True,
    )
    most = "" if len(wrong) <= SHOWN else f", the first {SHOWN} of {len(wrong)}"
    return [
        f"Wrong pairs, the worst first{most}:",
        _code(lines.splitlines()),
        "The worst (^ differ; at their own places = box, + compensator; 0-based):",
        _code(_aligned(part.pair, wrong[0])),
    ]


def _aligned(pair: GroupPair, k: int) -> Iterator[str]:
    """Yield the lines of two sequences one below the other, their differences marked."""
    first, second = (item.sequence for item in pair.items[k])
    length = max(len(first), len(second))
    first, second = first.ljust(length, "."), second.ljust(length, ".")
    ruler = _ruler(pair.layouts[k], length)
    marks = "".join("^" if a != b else " " for a, b in zip(first, second, strict=True))
    for start in range(0, length, _BASES):
        block = slice(start, start + _BASES)
        if start:
            yield ""
        if ruler[block].strip():
            yield f"{'':10} {ruler[block]}"
        yield f"winner {start:3} {first[block]}"
        yield f"loser  {start:3} {second[block]}"
        if marks[block].strip():
            yield f"{'':10} {marks[block]}"


def _ruler(layout: Grammar, length: int) -> str:
    line = [" "] * length
    for mark, elements in (("=", layout.boxes), ("+", layout.compensators)):
        for element in elements:
            for place in range(element.start, min(element.stop, length)):
                line[place] = mark
    return "".join(line)


def _agreement(analysis: Analysis) -> list[str]:
    parts = [
        "## Agreement between models",
        _paragraph(
            "Cohen's kappa of right, wrong and tie, unweighted and untested, with a 95 % "
            f"interval ({analysis.size:,} bootstrap resamples of pairs, BCa, percentile where "
            f"that is undefined; seed {analysis.seed}): 1 is full agreement, 0 that of chance. "
            "Same: pairs with the same outcome."
        ),
    ]
    by_pair: dict[int, list[Agreement]] = {}
    for found in analysis.agreements:
        by_pair.setdefault(id(found.pair), []).append(found)
    for rows in by_pair.values():
        cells = [_agreed(found) for found in rows]
        parts.append(f"### {_title(rows[0].pair)}")
        parts.append(_table(cells, ("model", "and", "same", "kappa [95 % CI]")))
        notes = [
            f"{markdown(a.first)} and {markdown(a.second)}: {a.kappa.note}."
            for a in rows
            if a.kappa.note
        ]
        if notes:
            parts.append("\n".join(map(_item, notes)))
    return parts


def _agreed(found: Agreement) -> tuple[str, ...]:
    return (
        markdown(found.first),
        markdown(found.second),
        f"{found.same} of {found.kappa.n}",
        _interval(found.kappa),
    )
