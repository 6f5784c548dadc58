"""A comparison written down: readable, strict, and no stranger's markup."""

import csv
import io
import json

import pytest

from mit_harness.report.comparison import Comparison, Difference, Verdicts
from mit_harness.report.comparison_text import (
    WIDTH,
    comparison_json,
    comparison_lines,
    comparison_markdown,
    comparison_tsv,
    differs,
)
from mit_harness.report.counterparts import Compared
from mit_harness.report.flipped import FlippedPair

HOSTILE = "<b>|*[x](y)`\x1b[31m"


def found(metric="css", candidate=0.54, baseline=0.63, change=-0.09, low=-0.21, high=0.03, **facts):
    given = {
        "claim": "compensation", "unit": "proportion", "n": 100, "ci_method": "BCa bootstrap",
        "note": "", "mcnemar_p": 0.18, "gained": 18, "lost": 27, "role": "deciding",
        "p_holm": 0.36, **facts,
    }  # fmt: skip
    return Difference(
        metric=metric, candidate=candidate, baseline=baseline, difference=change, ci_low=low,
        ci_high=high, **given,
    )  # fmt: skip


@pytest.fixture
def compared(make):
    infinite = found(
        "mes", float("inf"), -1.5, None, None, None, mcnemar_p=None, gained=None, lost=None,
        role=None, p_holm=None, note="the candidate's is inf (zero spread)", ci_method="",
    )  # fmt: skip
    differing = found("scr", 0.4, 0.6, -0.2, -0.3, -0.0001, p_holm=0.012)
    flips = (
        FlippedPair("compensation", "E_001", "D_001", 1.25, -0.5, "gained"),
        FlippedPair("compensation", "E_002", "D_002", -1.0, 0.0, "lost"),
    )
    verdicts = (Verdicts("compensation", "undecided", "holds"),)
    one = Comparison(
        HOSTILE, "old", (found(), differing, infinite), flips, verdicts, ("left out a_b",)
    )
    unmoved = found(change=0.0, low=0.0, high=0.0, ci_method="identical scores")
    same = Comparison("same", "same", (unmoved,), identical=True)
    return Compared(make.design(), "abcdef0123456789", [one, same], ["lonely"])


def test_markdown_says_what_came_out(compared):
    text = comparison_markdown(compared)
    for said in (
        "1 of 2 deciding metrics with an interval that excludes 0; lower: scr",
        "verdicts that changed: compensation from holds to undecided",
        "2 pairs flipped: 1 gained, 1 lost",
        "-0.09 [-0.21, +0.03]",
        "| 18/27",
        "| -1.5       | ∞ ",
        "`mes`: the candidate's is inf (zero spread).",
        "## same against same\n\n- identical scores, and so 1 metric\n",
        "Without a counterpart in the baseline: lonely.",
        "left out a\\_b",
        "abcdef012345.",
    ):
        assert said in text
    assert "<b>" not in text
    assert "\x1b" not in text
    assert "E_001" not in text
    flips = comparison_markdown(compared, flipped=True)
    assert "    gained  E_001     D_001    1.25         -0.5" in flips


def test_the_short_form_fits(compared):
    lines = comparison_lines(compared)
    assert max(map(len, lines)) <= WIDTH
    assert lines[0] == "scores identical to the baseline's: same"
    assert any("-0.2 [-0.3,-0.0001]" in line for line in lines)
    assert not any("\x1b" in line for line in lines)
    assert lines[-1] == "without a counterpart in the baseline: lonely"


def test_long_names_keep_to_the_width(make):
    row = found("m" * 90, -12345.6, 12345.6, -24691.2, -30000.1, -20000.1)
    made = Comparison("a" * 200, "b" * 200, (row,))
    lines = comparison_lines(Compared(make.design(), "ab", [made]))
    assert max(map(len, lines)) <= WIDTH
    assert any("-2.47e+04 [-3e+04,-2e+04]" in line for line in lines)


def test_tsv_is_unrounded_and_one_row_each(compared):
    rows = list(csv.DictReader(io.StringIO(comparison_tsv(compared)), delimiter="\t"))
    assert [row["metric"] for row in rows] == ["css", "scr", "mes", "css"]
    assert float(rows[1]["ci_high"]) == -0.0001
    assert rows[2]["difference"] == ""
    assert rows[2]["candidate"] == "inf"
    assert "\x1b" not in rows[0]["candidate_model"]
    flips = list(
        csv.DictReader(io.StringIO(comparison_tsv(compared, flipped=True)), delimiter="\t")
    )
    assert [(r["winner"], r["candidate"], r["change"]) for r in flips] == [
        ("E_001", "1.25", "gained"),
        ("E_002", "-1.0", "lost"),
    ]


def test_json_is_strict(compared):
    def refuse(word):
        raise AssertionError(word)

    whole = json.loads(comparison_json(compared), parse_constant=refuse)
    assert whole["schema"] == "mit-harness/comparison/1"
    assert whole["without_counterpart"] == ["lonely"]
    first = whole["comparisons"][0]
    assert first["candidate"] == HOSTILE
    assert first["differences"][2]["candidate"] == "Infinity"
    assert "flipped" not in first
    flips = json.loads(comparison_json(compared, flipped=True))["comparisons"][0]["flipped"]
    assert flips[0]["change"] == "gained"


@pytest.mark.parametrize(
    ("low", "high", "excluded"),
    [
        (-0.1, 0.1, False),
        (0.0, 0.1, False),
        (0.01, 0.1, True),
        (-0.2, -0.1, True),
        (None, None, False),
    ],
)
def test_differs_is_about_the_interval(low, high, excluded):
    assert differs(found(low=low, high=high)) is excluded
