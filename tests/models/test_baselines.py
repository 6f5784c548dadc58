"""The vectorised baselines against slow ones that spell the definitions out, base by base."""

import itertools
import json
import random
from functools import cache
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mit_harness.errors import ModelError
from mit_harness.models.pwm import (
    EndAnchored,
    OrientationBlind,
    PaPwm,
    PaPwmNoComp,
    PaPwmNoPos,
    Pwm,
)
from mit_harness.models.rpa import AnyGap, RpaPwm
from mit_harness.models.scan import Scan
from mit_harness.models.thermo import Thermo
from mit_harness.promoter.alphabet import reverse_complement
from mit_harness.promoter.grammar import SIGMA70, write

WEIGHTS = json.loads(
    files("mit_harness.models").joinpath("data", "published_weights.json").read_text()
)
P35, P10 = SIGMA70["minus35"].start, SIGMA70["minus10"].start
UP, EXT = SIGMA70["up"].start, SIGMA70["extended"].start


def weigh(section, element, sequence, place):
    rows = WEIGHTS["matrices"][section][element]
    window = sequence[place : place + len(rows)]
    assert place >= 0
    assert len(window) == len(rows)
    return sum(row["ACGT".index(base)] for row, base in zip(rows, window, strict=True))


def everywhere(section, element, sequence):
    size = len(WEIGHTS["matrices"][section][element])
    return [weigh(section, element, sequence, k) for k in range(len(sequence) - size + 1)]


def at(text):
    return sum(base in "AT" for base in text) / len(text)


def slow_pwm(s):
    return weigh("pwm", "minus35", s, P35) + weigh("pwm", "minus10", s, P10)


def pa_bonus(extended, minus10):
    if extended <= 1.0:
        return 0.0
    return (1.5 if minus10 < 5.0 else 0.5) * extended


def slow_pa_pwm(s, weigh=weigh):
    m35, m10 = weigh("pa_pwm", "minus35", s, P35), weigh("pa_pwm", "minus10", s, P10)
    up, ext = weigh("pa_pwm", "up", s, UP), weigh("pa_pwm", "extended", s, EXT)
    return m35 + m10 + 0.5 * up - 0.5 * abs(P10 - P35 - 6 - 17) + pa_bonus(ext, m10)


def slow_nocomp(s):
    boxes = weigh("pa_pwm", "minus35", s, P35) + weigh("pa_pwm", "minus10", s, P10)
    return boxes - 0.5 * abs(P10 - P35 - 6 - 17)


def slow_nopos(s):
    names = ("minus35", "minus10", "up", "extended")
    m35, m10, up, ext = (max(everywhere("pa_pwm", name, s)) for name in names)
    return m35 + m10 + 0.5 * up + pa_bonus(ext, m10)


def slow_blind(s):
    def better(section, element, sequence, place):
        size = len(WEIGHTS["matrices"][section][element])
        window = sequence[place : place + size]
        both = (window, reverse_complement(window))
        return max(weigh(section, element, text, 0) for text in both)

    return slow_pa_pwm(s, better)


def slow_thermo(s):
    m10 = weigh("thermo", "minus10", s, P10)
    fraction = at(s[UP : UP + 20])
    up = 2.5 if fraction > 0.8 else 1.5 if fraction > 0.7 else 0.5 if fraction > 0.6 else 0.0
    ext = 2.0 if s[EXT : EXT + 2] == "TG" else 0.5 if s[EXT] == "T" else 0.0
    if m10 < 8.0 and ext > 1.0:
        ext *= 2
    spacing = WEIGHTS["thermo_spacing"].get(str(P10 - P35 - 6), -4.0)
    return weigh("thermo", "minus35", s, P35) + m10 + spacing + up + ext


def slow_scan(s, places=(25, 50)):
    # Equal sums of other weights differ in their last bits: rounded, the first of them is best.
    all35 = [round(x, 9) for x in everywhere("pa_pwm", "minus35", s)]
    all10 = [round(x, 9) for x in everywhere("pa_pwm", "minus10", s)]
    p, q = all35.index(max(all35)), all10.index(max(all10))
    score = all35[p] + all10[q]
    score -= 0.3 * (abs(p - places[0]) + abs(q - places[1])) + 0.4 * abs(q - p - 6 - 17)
    if p >= q:
        score -= 5
    best = -100.0
    for k in range(max(0, q - 5), q):
        best = max(best, weigh("pa_pwm", "extended", s, k) if k + 3 <= len(s) else -10.0)
    if best > 1.0:
        score += (1.5 if all10[q] < 7.0 else 0.3) * best
    start, stop = max(0, p - 25), p - 5
    if start < stop and at(s[start:stop]) > 0.75:
        score += 2 * (at(s[start:stop]) - 0.5)
    return score


@cache
def slow_up(s, start, stop):
    best = 0.0
    if stop - start < 6:
        return best
    for k in range(start, stop - 9 + 1):
        word = s[k : k + 9]
        if at(word) >= 0.7:
            run = max(n for n in range(10) if "A" * n in word)
            best = max(best, 2 * at(word) + run / 9)
    return best if best > 1.5 else 0.0


def slow_rpa(s, bonus=lambda gap: 2.0 - 0.5 * abs(gap - 17) if 15 <= gap <= 19 else None):
    best = -10.0
    found = False
    last = len(s) - 6
    other = reverse_complement(s)
    for forward in (True, False):
        text = s if forward else other
        hits35 = [(k, x) for k, x in enumerate(everywhere("rpa_pwm", "minus35", text)) if x >= -2.0]
        hits10 = [
            (k, x)
            for form in ("minus10_intact", "minus10_broken")
            for k, x in enumerate(everywhere("rpa_pwm", form, text))
            if x >= -2.0
        ]
        for p, x in hits35:
            for q, y in hits10:
                extra = bonus(q - p - 6)
                if extra is None:
                    continue
                if forward:
                    up = slow_up(s, max(0, p - 20), p)
                else:
                    place = last - p
                    up = slow_up(s, place + 6, min(len(s), place + 26))
                trio = text[q - 3 : q] if q >= 3 else ""
                ext = 2.0 if trio == "TGT" else 1.0 if trio[:1] == trio[2:] == "T" else 0.0
                score = x + y + extra + (1.0 if forward else 0.0) + 2.0 * up + 1.5 * ext
                best = score if not found else max(best, score)
                found = True
    return best


def slow_any_gap(s):
    return slow_rpa(s, lambda gap: 2.0 if 10 <= gap <= 30 else None)


PAIRS = {
    "pwm": (Pwm, slow_pwm),
    "pa-pwm": (PaPwm, slow_pa_pwm),
    "pa-pwm-nocomp": (PaPwmNoComp, slow_nocomp),
    "pa-pwm-nopos": (PaPwmNoPos, slow_nopos),
    "orientation-blind": (OrientationBlind, slow_blind),
    "end-anchored": (EndAnchored, lambda s: slow_pa_pwm(("G" * 100 + s)[-100:])),
    "thermo": (Thermo, slow_thermo),
    "scan": (Scan, slow_scan),
    "scan-aligned": (lambda: Scan(aligned=True), lambda s: slow_scan(s, (P35, P10))),
    "rpa-pwm": (RpaPwm, slow_rpa),
    "any-gap": (AnyGap, slow_any_gap),
}


def promoters(rng, n):
    """Sequences of many lengths and compositions, most with some element on some strand."""
    made = []
    for _ in range(n):
        letters = rng.choice(["ACGT", "AATTACGT", "AT", "A", "TG", "CG", "TTTTTTG"])
        s = "".join(rng.choices(letters, k=rng.randint(6, 120)))
        for element in ("TTGACA", "TATAAT", "TGTAAT", "AAAAAAAAG", "TGT", "TTT"):
            if rng.random() < 0.5 and len(s) > len(element):
                s = write(s, (rng.randint(0, len(s) - len(element)), element))
        if rng.random() < 0.4 and len(s) > 40:
            pair = "TTGACA" + "".join(rng.choices("ACGT", k=rng.randint(9, 31))) + "TATAAT"
            s = write(s, (rng.randint(0, 12), pair))
        if rng.random() < 0.3 and len(s) >= P10 + 6:
            s = write(s, (UP, "AAAAAAGAG"), (P35, "TTGACA"), (EXT, "TGTTGTAAT"))
        made.append(s if rng.random() < 0.6 else reverse_complement(s))
    return made


@pytest.mark.parametrize("name", PAIRS)
def test_agrees_with_the_slow_definition(name):
    build, slow = PAIRS[name]
    model = build()
    made = [*promoters(random.Random(5), 500), "T" * 100, "TA" * 50, "TATAAT" * 15, "ATTATA" * 15]
    kept = [s for s in made if len(s) >= model.min_length] + ["A" * model.min_length]
    assert len(kept) > 80
    expected = [slow(s) for s in kept]
    assert model.score(kept) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.text("ACGT", min_size=6, max_size=70))
def test_agrees_on_any_text(s):
    for build, slow in PAIRS.values():
        model = build()
        if len(s) < model.min_length:
            with pytest.raises(ModelError, match="at least"):
                model.score([s])
        else:
            assert model.score([s])[0] == pytest.approx(slow(s), abs=1e-9)


HEXAMERS = ["".join(bases) for bases in itertools.product("ACGT", repeat=6)]


@pytest.mark.parametrize("name", ["pa-pwm", "thermo"])
def test_agrees_on_every_minus10_beside_an_extended_one(name):
    build, slow = PAIRS[name]
    texts = [write("C" * 60, (P35, "TTGACA"), (EXT, "TGT"), (P10, box)) for box in HEXAMERS]
    assert build().score(texts) == pytest.approx([slow(s) for s in texts], abs=1e-9)


@pytest.mark.parametrize("box", ["TTGACA", "GGATAA"])
def test_agrees_on_boxes_about_the_threshold_of_a_hit(box):
    # One pair at most, so a box just below the threshold leaves none.
    texts = [box + "C" * 17 + other for other in random.Random(6).sample(HEXAMERS, 400)]
    expected = [slow_rpa(s) for s in texts]
    assert 0 < expected.count(-10.0) < len(texts)
    assert RpaPwm().score(texts) == pytest.approx(expected, abs=1e-9)


def test_the_random_texts_reach_every_branch_of_rpa():
    texts = promoters(random.Random(5), 500)
    model = RpaPwm()
    codes = [np.array([["ACGT".index(b) for b in s]], dtype=np.uint8) for s in texts]
    best = [(model.strand(c, False)[0], model.strand(c, True)[0]) for c in codes]
    assert sum(plus < minus for plus, minus in best) > 20
    assert sum(plus > minus for plus, minus in best) > 20
    assert sum(np.isneginf(plus) and np.isneginf(minus) for plus, minus in best) > 20


@pytest.mark.parametrize(
    ("name", "length"),
    [("pwm", 59), ("pa-pwm", 59), ("pa-pwm-nopos", 9), ("thermo", 59), ("scan", 6), ("rpa-pwm", 6)],
)
def test_too_short_is_refused(name, length):
    model = PAIRS[name][0]()
    assert model.min_length == length
    model.score(["A" * length])
    with pytest.raises(ModelError, match=f"at least {length} bp"):
        model.score(["A" * (length - 1)])


@pytest.mark.parametrize("build", [Pwm, PaPwm, PaPwmNoComp, OrientationBlind, Thermo])
def test_places_follow_the_grammar(build):
    moved = SIGMA70.moved(tuple(e.name for e in SIGMA70.elements), 7)
    texts = [s for s in promoters(random.Random(8), 300) if len(s) >= 66]
    shifted = ["".join(random.Random(k).choices("ACGT", k=7)) + s for k, s in enumerate(texts)]
    assert build(moved).min_length == build().min_length + 7
    assert build(moved).score(shifted) == pytest.approx(build().score(texts), abs=1e-9)


def test_another_spacing_costs():
    # 16 bp between the boxes: half a point by PA-PWM, 1.1 energy units by the table.
    tight = SIGMA70.moved(("minus35",), 1)
    text = write("C" * 100, (P35 + 1, "TTGACA"), (P10, "TATAAT"))
    loose = write("C" * 100, (P35, "TTGACA"), (P10, "TATAAT"))
    for build, cost in ((PaPwm, 0.5), (PaPwmNoComp, 0.5), (Thermo, 1.1), (Pwm, 0.0)):
        lost = build().score([loose])[0] - build(tight).score([text])[0]
        assert lost == pytest.approx(cost, abs=1e-9)


@pytest.mark.parametrize("name", ["up", "minus35", "extended", "minus10"])
def test_orientation_blind_cannot_tell_an_element_from_its_reverse(name):
    element = SIGMA70[name]
    texts = [s for s in promoters(random.Random(3), 300) if len(s) >= 59]
    turned = [write(s, (element.start, reverse_complement(element.of(s)))) for s in texts]
    blind = OrientationBlind()
    assert blind.score(turned) == pytest.approx(blind.score(texts), abs=1e-9)
    assert abs(PaPwm().score(turned) - PaPwm().score(texts)).max() > 1


def test_any_gap_is_indifferent_to_spacing_and_rpa_is_not():
    # On C and G no other box is found, so only the spacer's length differs.
    texts = [write("C" * 100, (20, "TTGACA"), (26 + gap, "TATAAT")) for gap in range(8, 33)]
    blind, scores = AnyGap().score(texts), RpaPwm().score(texts)
    inside = slice(2, 23)
    assert np.ptp(blind[inside]) < 1e-9
    assert max(blind[:2].max(), blind[23:].max()) < blind[inside].min()
    assert int(np.argmax(scores)) + 8 == 17


def test_scan_takes_the_first_of_equal_boxes():
    # Two consensus -10 boxes; the first lies at the expected place, the second 20 bp on.
    text = write("C" * 100, (25, "TTGACA"), (50, "TATAAT"), (70, "TATAAT"))
    one = write("C" * 100, (25, "TTGACA"), (50, "TATAAT"))
    assert Scan().score([text])[0] == pytest.approx(Scan().score([one])[0], abs=1e-9)


def test_equal_boxes_tie_whatever_surrounds_them():
    rng = random.Random(1)
    texts = [
        write("".join(rng.choices("ACGT", k=100)), (P35, "TTGACA"), (P10, "TGTAAT"))
        for _ in range(200)
    ]
    assert np.ptp(Pwm().score(texts)) == 0
    assert np.ptp(PaPwmNoComp().score(texts)) == 0


def test_scan_takes_the_first_of_boxes_equal_but_for_rounding():
    assert Scan().score(["ACGTTAGTT"])[0] == pytest.approx(slow_scan("ACGTTAGTT"), abs=1e-9)


def test_order_and_company_do_not_matter():
    texts = [s for s in promoters(random.Random(2), 200) if len(s) >= 85]
    for build, _ in PAIRS.values():
        model = build()
        together = model.score(texts)
        assert (model.score(texts[::-1])[::-1] == together).all()
        assert model.score([texts[7]])[0] == together[7]
        model.close()
