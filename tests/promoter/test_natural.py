"""The 250 facts agree with the genome; derivatives differ only where they should."""

import csv
from collections import Counter
from dataclasses import FrozenInstanceError, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import at_count, matches
from mit_harness.promoter.genome import window
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.promoter.natural import (
    DERIVATIVES,
    broken,
    compensated,
    decoy_pair,
    derivatives,
    displaced,
    natural_promoters,
    sham,
    sham_places,
)
from mit_harness.promoter.seeds import Seeds

CLASSES = {"A": 100, "B": 100, "G": 50}
EVERY = [p for name in CLASSES for p in natural_promoters(name)]
PLAIN = {k: p for k, p in enumerate(natural_promoters("A")) if not p.extended}
FORMS = SIGMA70.breakable.broken
CHANGED = {"TGTAAT": (54, "A", "G"), "GATAAT": (53, "T", "G")}
SHARED = Path(__file__).parents[3] / "shared" / "data" / "natural_promoters.tsv"

every_promoter = pytest.mark.parametrize("promoter", EVERY, ids=lambda p: p.name)
every_form = pytest.mark.parametrize("form", FORMS)


def weak(box):
    wrong = [k for k in range(6) if box[k] != "TATAAT"[k]]
    return len(wrong) >= 3 or (len(wrong) == 2 and bool(set(wrong) & {0, 1, 5}))


def differences(one, two):
    return {k for k, (a, b) in enumerate(zip(one, two, strict=True)) if a != b}


@pytest.mark.parametrize(("name", "size"), CLASSES.items())
def test_classes_have_their_sizes_and_are_read_once(name, size):
    assert len(natural_promoters(name)) == size
    assert natural_promoters(name) is natural_promoters(name)
    assert {p.promoter_class for p in natural_promoters(name)} == {name}


def test_names_and_windows_are_unique():
    assert len({p.name for p in EVERY}) == len({p.sequence for p in EVERY}) == 250


@pytest.mark.parametrize("name", ["C", "", "a", "AB"])
def test_an_unknown_class_is_refused(name):
    with pytest.raises(InputError, match="no natural promoters"):
        natural_promoters(name)


def test_promoters_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        EVERY[0].tss = 1


@every_promoter
def test_facts_agree_with_the_genome(promoter):
    sequence, minus35 = promoter.sequence, 53 - promoter.spacer - 6
    assert len(sequence) == 100
    assert sequence[53:59] == promoter.minus10
    assert sequence[minus35 : minus35 + 6] == promoter.minus35
    assert window(promoter.minus10_start, 6, promoter.strand) == promoter.minus10
    assert 15 <= promoter.spacer <= 19
    assert promoter.extended == (sequence[50:52] == "TG")
    assert promoter.up_at == pytest.approx(at_count(sequence[minus35 - 20 : minus35]) / 20)
    downstream = 1 if promoter.strand == "+" else -1
    assert 8 <= (promoter.tss - promoter.minus10_start) * downstream <= 17
    assert promoter.name.endswith(f"_{promoter.tss}{promoter.strand}")
    assert promoter.step >= 0


@every_promoter
def test_the_class_is_what_the_rules_say(promoter):
    rich = promoter.extended or promoter.up_at >= 0.75
    if weak(promoter.minus10):
        assert promoter.promoter_class == ("G" if rich else "B")
    else:
        assert promoter.promoter_class == "A"
        assert len(differences(promoter.minus10, "TATAAT")) <= 1
        assert all(promoter.minus10[k] == "TATAAT"[k] for k in (0, 1, 5))


@pytest.mark.parametrize("name", CLASSES)
def test_starts_within_a_class_are_apart(name):
    starts = sorted(p.tss for p in natural_promoters(name))
    assert min(b - a for a, b in pairwise(starts)) >= 50


def test_known_confounds_are_as_documented():
    classes = {name: natural_promoters(name) for name in CLASSES}
    assert np.mean([p.minus35_mismatches for p in classes["A"]]) == pytest.approx(3.05)
    assert np.mean([p.minus35_mismatches for p in classes["B"]]) == pytest.approx(2.2, abs=0.05)
    assert sum(p.spacer != 17 for p in classes["A"]) == 65
    assert sum(p.extended for p in classes["A"]) == 22


@every_promoter
def test_the_grammar_follows_the_promoters_own_minus35(promoter):
    grammar, by = promoter.grammar, 17 - promoter.spacer
    assert grammar["minus35"].of(promoter.sequence) == promoter.minus35
    assert grammar["minus10"].of(promoter.sequence) == promoter.minus10
    for name, place in {"distal_up": 4, "up": 15, "minus35": 30}.items():
        assert grammar[name].start == place + by
    for name, place in {"extended": 50, "minus10": 53, "discriminator": 59}.items():
        assert grammar[name].start == place


def test_every_sequence_equals_the_original_table():
    if not SHARED.exists():
        pytest.skip(f"the original table is not here ({SHARED})")
    with SHARED.open(encoding="ascii") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    made = [
        {
            "class": p.promoter_class,
            "name": p.name,
            "strand": p.strand,
            "tss": p.tss,
            "minus10_start": p.minus10_start,
            "minus35": p.minus35,
            "spacer_bp": p.spacer,
            "minus10": p.minus10,
            "extended_minus10": int(p.extended),
            "up_at_fraction": p.up_at,
            "drna_seq_step": p.step,
            "sequence": p.sequence,
        }
        for p in EVERY
    ]
    numbers = {"up_at_fraction": float, "drna_seq_step": float}
    for row, own in zip(rows, made, strict=True):
        assert {k: numbers.get(k, type(own[k]))(v) for k, v in row.items()} == own


@every_form
def test_broken_changes_one_base_of_the_box(form):
    place, old, new = CHANGED[form]
    for promoter in natural_promoters("A"):
        made = broken(promoter, form)
        assert differences(promoter.sequence, made) == {place}
        assert (promoter.sequence[place], made[place]) == (old, new)


@every_form
def test_sham_is_the_same_change_elsewhere(form):
    broken_at, old, new = CHANGED[form]
    for promoter in PLAIN.values():
        made = sham(promoter, form, np.random.default_rng(1))
        natural = promoter.sequence
        boxes = {*range(53, 59), *range(47 - promoter.spacer, 53 - promoter.spacer)}
        up = range(32 - promoter.spacer, 41 - promoter.spacer)
        taken = boxes | set(up) | {50, 51, 52}
        context = natural[broken_at - 1 : broken_at + 2]
        sites = [k for k in range(1, 99) if natural[k - 1 : k + 2] == context and k not in taken]
        assert sham_places(promoter, form) == sites
        if made is None:
            assert sites == []
            continue
        (place,) = differences(natural, made)
        assert place in sites
        assert (natural[place], made[place]) == (old, new)


def test_sham_takes_each_site_equally_often():
    promoter = max(PLAIN.values(), key=lambda p: len(sham_places(p, "TGTAAT")))
    sites = sham_places(promoter, "TGTAAT")
    rng = np.random.default_rng(3)
    made = Counter(sham(promoter, "TGTAAT", rng) for _ in range(200 * len(sites)))
    assert len(made) == len(sites) == 5
    assert all(150 < count < 250 for count in made.values())


@every_form
def test_compensated_writes_the_elements_at_the_promoters_own_places(form):
    for promoter in PLAIN.values():
        made = compensated(promoter, form, np.random.default_rng(2))
        up = 32 - promoter.spacer
        assert differences(broken(promoter, form), made) <= {*range(up, up + 9), 50, 51, 52}
        assert matches(made[up : up + 9], "AAAAAARNR")
        assert made[50:53] == "TGT"


@every_form
def test_displaced_swaps_the_same_bases(form):
    for promoter in PLAIN.values():
        rescued = compensated(promoter, form, np.random.default_rng(2))
        made = displaced(promoter, rescued)
        up = 32 - promoter.spacer
        assert Counter(made) == Counter(rescued)
        for start, size in ((up, 9), (50, 3)):
            here, there = slice(start, start + size), slice(start + 24, start + 24 + size)
            assert (made[there], made[here]) == (rescued[here], rescued[there])
        swapped = {k + d for d in (0, 24) for k in (*range(up, up + 9), 50, 51, 52)}
        assert differences(made, rescued) <= swapped
        assert displaced(promoter, made) == rescued


@every_form
def test_the_decoy_pair_serves_the_box_or_its_copy(form):
    for promoter in PLAIN.values():
        correct, wrong = decoy_pair(promoter, form, np.random.default_rng(4))
        box, up = broken(promoter, form)[53:59], 32 - promoter.spacer
        assert Counter(correct) == Counter(wrong)
        assert displaced(promoter, correct) == wrong
        for sequence in (correct, wrong):
            assert sequence[53:59] == sequence[77:83] == box
            assert sequence[47 - promoter.spacer : 53 - promoter.spacer] == promoter.minus35
        for sequence, shift in ((correct, 0), (wrong, 24)):
            assert matches(sequence[up + shift : up + shift + 9], "AAAAAARNR")
            assert sequence[50 + shift : 53 + shift] == "TGT"
            other = 74 - shift
            assert sequence[other : other + 2] != "TG"
            assert at_count(sequence[up + 24 - shift : up + 33 - shift]) <= 6
        kept = set(range(100)) - {*range(53, 59), *range(77, 83), 50, 51, 52, 74, 75, 76}
        kept -= {*range(up, up + 9), *range(up + 24, up + 33)}
        assert not differences(promoter.sequence, correct) & kept


def test_a_box_that_lost_the_base_cannot_be_broken():
    weak_box = next(p for p in natural_promoters("B") if p.minus10[1] != "A")
    with pytest.raises(InputError, match=r"cannot be broken to TGTAAT"):
        broken(weak_box, "TGTAAT")
    lost_t = replace(EVERY[0], minus10="CATAAT")
    with pytest.raises(InputError, match="no T at place 0"):
        sham(lost_t, "GATAAT", np.random.default_rng(0))


@pytest.mark.parametrize("form", ["TATAAT", "CATAAT", "", "tgtaat"])
def test_an_unknown_form_is_refused(form):
    with pytest.raises(InputError, match="known: TGTAAT, GATAAT"):
        derivatives(form, Seeds())


def test_derivatives_are_matched_by_the_index_in_class_a():
    items = derivatives("TGTAAT", Seeds())
    groups = {}
    for item in items:
        assert item.id == f"{item.group}_{item.index:03d}"
        groups.setdefault(item.group, {})[item.index] = item.sequence
    assert list(groups) == list(DERIVATIVES)
    assert DERIVATIVES[:4] == ("A_broken", "A_sham", "A_compensated", "A_displaced")
    assert {name: len(found) for name, found in groups.items()} == {
        name: 56 if name == "A_sham" else 78 for name in DERIVATIVES
    }
    for index, promoter in PLAIN.items():
        assert groups["A_broken"][index] == broken(promoter, "TGTAAT")
        assert (index in groups["A_sham"]) == bool(sham_places(promoter, "TGTAAT"))
        correct, wrong = groups["A_compensated"][index], groups["A_displaced"][index]
        assert displaced(promoter, correct) == wrong
        assert Counter(correct) == Counter(wrong)
        assert differences(groups["A_broken"][index], correct) <= {
            *range(32 - promoter.spacer, 41 - promoter.spacer),
            *range(50, 53),
        }


def test_derivatives_are_reproducible_and_follow_seed_and_split():
    made = derivatives("TGTAAT", Seeds())
    assert made == derivatives("TGTAAT", Seeds())
    for other in (Seeds(43), Seeds(42, "dev")):
        changed = derivatives("TGTAAT", other)
        assert changed != made
        assert changed[:78] == made[:78]  # breaking is no matter of chance
