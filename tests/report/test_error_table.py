"""The error analysis written down: what is said, how wide, and that no name can break it."""

import csv
import io
import re

import numpy as np
import pytest

from mit_harness.claims.registry import get_claim
from mit_harness.models.base import ModelHandle
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.promoter.sequence_set import Item
from mit_harness.report.error_analysis import analyse
from mit_harness.report.error_features import GroupPair, group_pairs, sequence_features, to_score
from mit_harness.report.error_table import errors_markdown, errors_tsv
from mit_harness.report.text import markdown
from mit_harness.scoring.export import ScoredRow

SPEC = DesignSpec(n=60)
PLANTED = "upstream_at_loser"


@pytest.fixture(scope="module")
def pairs():
    claims = [get_claim(name) for name in ("compensation", "scrambled_control")]
    return group_pairs(claims, SPEC)


def rows(pairs, score):
    return [ScoredRow(i.id, i.sequence, score(i), 100, 100) for i in to_score(pairs)]


def handle(name):
    return ModelHandle(name, name, "user", name, load=lambda: None)


@pytest.fixture(scope="module")
def analysis(pairs):
    """One model that errs where the loser is rich in A+T upstream, and one that likes A+T."""
    window = slice(SIGMA70["minus35"].start - 20, SIGMA70["minus35"].start)
    level = {
        b.id: pair.features[PLANTED][k] for pair in pairs for k, (_, b) in enumerate(pair.items)
    }
    planted = rows(pairs, lambda i: 10 * level.get(i.id, 0.55))
    counter = rows(pairs, lambda i: float(i.sequence[window].count("A")))
    known = [(handle("planted"), planted), (handle("counter"), counter)]
    return analyse(known, pairs, SPEC, seed=1, size=200)


@pytest.fixture(scope="module")
def text(analysis):
    return errors_markdown(analysis)


def section(text, title):
    (found,) = [part for part in re.split(r"\n(?=## )", text) if part.startswith(f"## {title}\n")]
    return found


def tables(text):
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [block for block in blocks if block[0].startswith("|")]


def records(analysis):
    return list(csv.DictReader(io.StringIO(errors_tsv(analysis)), delimiter="\t"))


def test_it_reads_in_80_columns(text):
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"\n{3,}|[ \t]\n|\n$", text[:-1])


def test_it_says_how_each_number_came_about(text):
    head = " ".join(text.split("## planted")[0].split())
    for said in (
        "n = 60, seed 42, split test, broken box TGTAAT",
        "two-sided Mann-Whitney U test",
        "adjusted by Holm over all tests of the model",
        "95 % interval (200 bootstrap resamples",
        "ties left out",
    ):
        assert said in head
    assert "Cohen's kappa of right, wrong and tie, unweighted and untested" in " ".join(
        section(text, "Agreement between models").split()
    )


def test_what_was_planted_is_said_first(text, analysis):
    family = analysis.models[0].family
    said = section(text, "planted")
    assert f"({family} tests, two-sided," in said
    first = said.split("\n- ")[1]
    assert f"`{PLANTED}` is " in first
    assert "Holm-adjusted p = " in first


def test_nothing_found_is_said(pairs):
    rng = np.random.default_rng(1)
    found = analyse(
        [(handle("m"), rows(pairs, lambda _: rng.normal()))], pairs, SPEC, seed=0, size=50
    )
    said = errors_markdown(found)
    assert "Nothing tells right from wrong pairs (" in said
    assert "Agreement" not in said


def test_outcomes_are_counted(text, analysis):
    for model in analysis.models:
        (counts, *_) = tables(section(text, model.name))
        cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in counts[2:]]
        assert [list(map(int, row[1:])) for row in cells] == [
            [part.count(outcome) for outcome in ("right", "wrong", "tie")] for part in model.pairs
        ]


def test_tables_are_rectangular(text):
    for table in tables(text):
        assert len({line.replace(r"\|", "").count("|") for line in table}) == 1


def test_twenty_wrong_pairs_are_listed_the_worst_first(text, analysis):
    part = analysis.models[0].pairs[1]
    wrong = part.wrong()
    assert len(wrong) > 20
    said = section(text, "planted").split("### ")[2]
    assert f"the first 20 of {len(wrong)}:" in said
    listed = re.findall(r"^    (-\S+) +(E_decoy_\d+) +(H_decoy_\d+)$", said, flags=re.MULTILINE)
    assert [row[1] for row in listed] == [part.pair.items[k][0].id for k in wrong[:20]]
    margins = [float(row[0]) for row in listed]
    assert margins == sorted(margins)


def test_the_worst_pair_is_aligned_with_its_differences_marked(text, analysis):
    part = analysis.models[0].pairs[1]
    winner, loser = (item.sequence for item in part.pair.items[part.wrong()[0]])
    lines = section(text, "planted").split("### ")[2].split("0-based):\n\n")[1].splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("    winner   0 "))
    ruler, first, second, marks = (line[15:] for line in lines[at - 1 : at + 3])
    assert first == winner[:60]
    assert second == loser[:60]
    assert [k for k, mark in enumerate(marks) if mark == "^"] == [
        k for k in range(60) if winner[k] != loser[k]
    ]
    boxes = {k for e in SIGMA70.boxes for k in range(e.start, e.stop)}
    compensators = {k for e in SIGMA70.compensators for k in range(e.start, e.stop)}
    assert {k for k, mark in enumerate(ruler) if mark == "="} == boxes
    assert {k for k, mark in enumerate(ruler) if mark == "+"} == compensators
    assert any(line == f"    winner  60 {winner[60:]}" for line in lines)


def test_every_feature_is_explained(text):
    said = section(text, "Features")
    assert all(f"`{f.name}` ({f.unit}): " in said for f in sequence_features(SIGMA70))


def test_the_tsv_has_every_pair_of_every_model_unrounded(analysis, pairs):
    found = records(analysis)
    assert len(found) == 2 * sum(len(pair.items) for pair in pairs)
    part = analysis.models[0].pairs[0]
    for k, row in enumerate(found[: len(part.outcomes)]):
        assert (row["model"], row["claims"], row["index"]) == ("planted", "compensation", str(k))
        assert (row["winner"], row["loser"]) == tuple(item.id for item in part.pair.items[k])
        assert row["outcome"] == part.outcomes[k]
        assert float(row["margin"]) == part.margins[k]
        assert float(row[PLANTED]) == part.features[PLANTED][k]
        assert row["tokens_winner"] == ""


def test_the_tsv_agrees_with_the_counts(analysis):
    found = records(analysis)
    for model in analysis.models:
        for part in model.pairs:
            ids = {item.id for both in part.pair.items for item in both}
            mine = [
                r for r in found if r["model"] == model.name and {r["winner"], r["loser"]} <= ids
            ]
            assert sum(r["outcome"] == "wrong" for r in mine) == part.count("wrong")


def test_the_same_analysis_gives_the_same_text(analysis, text):
    assert errors_markdown(analysis) == text
    assert errors_tsv(analysis) == errors_tsv(analysis)


def two_groups(winner, loser, sequences, claims=("claim",)):
    items = tuple(
        (Item(f"{winner}_{k}", winner, k, a), Item(f"{loser}_{k}", loser, k, b))
        for k, (a, b) in enumerate(sequences)
    )
    value = np.arange(len(items), dtype=np.float64) % 5
    return GroupPair(
        claims, winner, loser, items, (SIGMA70,) * len(items), {"at_difference": value}
    )


def write_up(pair, margins, names=("m", "o")):
    scored = [
        ScoredRow(item.id, item.sequence, float(m) * (item is both[0]), 100, 100)
        for both, m in zip(pair.items, margins, strict=True)
        for item in both
    ]
    known = [(handle(name), scored) for name in names]
    return analyse(known, [pair], SPEC, seed=0, size=50)


HOSTILE = "H|<b>*x*`\n[y](z)\x1b[31m"


def test_names_cannot_break_the_report():
    pair = two_groups(HOSTILE, f"not {HOSTILE}", [("A" * 100, "C" * 100)] * 20, (HOSTILE,))
    found = write_up(pair, [1, -1] * 10, (HOSTILE, "other"))
    said = errors_markdown(found)
    plain = "\n".join(line for line in said.splitlines() if not line.startswith("    "))
    assert markdown(HOSTILE) in plain
    assert "<b>" not in plain
    assert "\x1b" not in said
    assert "\n[y]" not in said
    for table in tables(said):
        assert len({line.replace(r"\|", "").count("|") for line in table}) == 1
    written = errors_tsv(found)
    assert "\x1b" not in written
    assert len(written.splitlines()) == 1 + 2 * 20


def test_a_model_that_errs_nowhere():
    pair = two_groups("W", "L", [("A" * 100, "C" * 100)] * 20)
    said = errors_markdown(write_up(pair, [1] * 20))
    assert "Nothing could be tested; the reasons stand below." in said
    assert "Not tested: too few to compare (0 wrong; 6 of each are needed)." in said
    assert "Wrong pairs" not in said
    assert "m and o: each of the two has one outcome only." in said


def test_all_ties():
    pair = two_groups("W", "L", [("A" * 100, "C" * 100)] * 20)
    said = errors_markdown(write_up(pair, [0] * 20, ["m"]))
    assert "20 pairs: 0 right, 0 wrong, 20 tie." in said
    assert "(0 right and 0 wrong; 6 of each are needed)" in " ".join(said.split())


def test_constant_features_are_listed():
    pair = two_groups("W", "L", [("A" * 100, "C" * 100)] * 20)
    flat = {"at_difference": np.full(20, 7.0), "background_at": np.full(20, 7.0)}
    pair = GroupPair(pair.claims, "W", "L", pair.items, pair.layouts, flat)
    said = errors_markdown(write_up(pair, [1, -1] * 10, ["m"]))
    assert (
        "- Not tested: `at_difference`, `background_at`: constant by design: 7 in every pair."
        in " ".join(said.split())
    )


def test_sequences_of_other_lengths_are_aligned():
    pair = two_groups("W", "L", [("A" * 130, "A" * 125)] * 12)
    said = errors_markdown(write_up(pair, [1, -1] * 6, ["m"]))
    assert f"    loser  120 {'A' * 5}.....\n{' ' * 20}^^^^^" in said


def test_sequences_that_are_alike_have_nothing_marked():
    pair = two_groups("W", "L", [("A" * 100, "A" * 100)] * 12)
    said = errors_markdown(write_up(pair, [1, -1] * 6, ["m"]))
    assert "    ^" not in said.split("0-based):")[1]
