"""Charts: valid specs that hold every model, only finite numbers, and nothing from elsewhere."""

import json
import math

import numpy as np
import pytest
import vl_convert

from mit_harness.claims.registry import get_claim
from mit_harness.errors import ReportError
from mit_harness.models.base import Scores
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.build import claim_record
from mit_harness.report.charts import NAMES, get_chart, spec
from mit_harness.report.charts.data import FigureData, shortened
from mit_harness.report.charts.labels import placed, ranges
from mit_harness.report.charts.rows import symlog
from mit_harness.report.charts.theme import BLUE, GREEN, GREY, KIND_SHAPES, KINDS, VERMILLION
from mit_harness.report.items import ItemScores
from mit_harness.report.published import ROWS

N = 8
CLAIMS = (
    "compensation", "scrambled_control", "motif_effect", "at_titration", "up_position", "spacing",
    "strand", "dose_response",
)  # fmt: skip
HOSTILE = ("<script>alert(1)</script>", "n" * 200, "n" * 99 + "m" + "n" * 100, "a\x1b[31m\n'\"&b")


def counted(item, weight):
    return item.sequence.count("A") * weight + sum(
        k % 7 for k, base in enumerate(item.sequence) if base == "T"
    )


@pytest.fixture(scope="module")
def designs():
    spec = DesignSpec(n=N)
    return {claim: get_claim(claim).design(spec) for claim in CLAIMS}


def run_of(make, designs, models):
    """Return a run of models by name: a function of an item each, or None for no scores."""
    scores, records = {}, []
    for name, (kind, score) in models.items():
        claims = []
        for claim_id, sequences in designs.items() if score else ():
            values = np.array([float(score(item)) for item in sequences])
            counts = np.full(len(values), 100)
            scores.setdefault(name, {})[claim_id] = Scores(values, counts, counts)
            items = ItemScores(designs, scores)
            claim = get_claim(claim_id)
            result = claim.judge(
                items.scored(name, claim_id), protocol="matched", seed=42, tolerance=1e-9
            )
            claims.append(claim_record(result, claim.threshold, None))
        records.append(make.model(name, claims, kind=kind, tolerance=1e-9))
    return FigureData(make.results(*records, design=make.design(n=N)), ItemScores(designs, scores))


@pytest.fixture(scope="module")
def data(make, designs):
    models = {
        "plain": ("control", lambda item: counted(item, 1)),
        "flat": ("control", lambda item: 1.0),
        HOSTILE[0]: ("user", lambda item: counted(item, 3)),
        HOSTILE[1]: ("user", lambda item: counted(item, -1)),
        HOSTILE[2]: ("reference", lambda item: counted(item, 0.5)),
        HOSTILE[3]: ("reference", lambda item: counted(item, 2)),
        "failed": ("user", None),
        "step": ("control", lambda item: float(item.group in ("C", "E"))),
    }
    return run_of(make, designs, models)


def numbers(value):
    if isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, float):
        yield value


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_a_valid_spec_of_every_model_and_needs_nothing_from_elsewhere(name, data):
    chart = get_chart(name)
    assert chart.missing(data) == ""
    made = spec(name, data)
    text = json.dumps(made, allow_nan=False)  # neither NaN nor infinity
    assert all(map(math.isfinite, numbers(made)))
    assert text.count("http") == 1, "only the $schema"
    assert '"tooltip": [{' not in text
    for model in data.models:
        label = json.dumps(data.labels[model.name])
        assert (label in text) == (model.name != "failed"), model.name
    assert "failed" in chart.caption(data)


@pytest.mark.parametrize("name", ["css_scr", "spacing", "ladder"])
def test_a_chart_is_drawn_and_the_same_each_time(name, data):
    few = data.only(["plain", HOSTILE[0]])
    svg = vl_convert.vegalite_to_svg(spec(name, few))
    again = FigureData(data.results, data.items, ("plain", HOSTILE[0]))
    assert svg == vl_convert.vegalite_to_svg(spec(name, again))
    assert "<script" not in svg
    assert "NaN" not in svg
    assert "href" not in svg


@pytest.mark.parametrize("name", ["css_scr", "scr", "up_position", "strand"])
def test_on_a_page_points_say_their_numbers(name, data):
    assert '"tooltip": [{' in json.dumps(spec(name, data.only(["plain"]), interactive=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_caption_says_what_is_drawn_how_many_and_how_sure(name, data):
    said = get_chart(name).caption(data)
    for part in ("Points:", "95 % CI", "n = ", "bootstrap", "unit of resampling", "seed 42"):
        assert part in said, part
    assert "test" in said.lower()
    assert "\n" not in said


@pytest.mark.parametrize("name", NAMES)
def test_without_models_or_their_scores_a_chart_says_why_there_is_none(name, make, designs):
    chart = get_chart(name)
    assert "no model" in chart.missing(run_of(make, designs, {}))
    failed = run_of(make, designs, {"failed": ("user", None)})
    assert chart.missing(failed)
    assert "\n" not in chart.missing(failed)


@pytest.mark.parametrize("name", NAMES)
def test_one_model_is_drawn_alone(name, data):
    alone = data.only(["plain"])
    text = json.dumps(spec(name, alone))
    assert '"plain"' in text
    assert "alert" not in text


@pytest.fixture(scope="module")
def forty(data):
    """Forty models that all have the scores and verdicts of one."""
    first = data.results.models[0]
    named = [first.model_copy(update={"name": f"model-{k:02}"}) for k in range(40)]
    scores = {model.name: data.items.scores["plain"] for model in named}
    results = data.results.model_copy(update={"models": named})
    return FigureData(results, ItemScores(data.items.sequences, scores))


@pytest.mark.parametrize("name", ["css", "css_scr", "spacing", "ladder"])
def test_forty_models_are_all_there(name, forty):
    text = json.dumps(spec(name, forty))
    assert all(f'"model-{k:02}"' in text for k in range(40))


def test_an_unknown_model_is_refused_with_near_matches(data):
    with pytest.raises(ReportError, match="did you mean 'plain'"):
        data.only(["plian"])


def test_labels_are_short_printable_and_never_alike(data):
    labels = list(data.labels.values())
    assert len({*labels}) == len(data.models)
    assert all(len(label) <= 26 and label.isprintable() for label in labels)
    assert shortened("a" * 300, 9) == "aaaa…aaaa"


def test_the_papers_rows_are_hollow_and_only_where_asked(data):
    assert "(paper)" not in json.dumps(spec("css_scr", data))
    made = json.dumps(spec("css_scr", data, paper=True))
    assert all(f"{row.model} (paper)" in made for row in ROWS)
    said = get_chart("css_scr").caption(data, paper=True)
    assert "Hollow" in said
    assert "cannot be compared" in said


def test_an_infinite_effect_is_a_sign_on_the_edge(data):
    assert "\\u221e" in json.dumps(spec("ladder", data.only(["step"])))
    assert "\\u221e" in json.dumps(spec("mes", data.only(["step"])))


def test_one_background_has_no_infinite_effect(make):
    """Its spread is unknown, not zero."""
    claims = {"strand": get_claim("strand").design(DesignSpec(n=1))}
    alone = run_of(make, claims, {"one": ("user", lambda item: counted(item, 1))})
    for name in ("strand", "ladder"):
        text = json.dumps(spec(name, alone))
        assert '"one"' in text
        assert "\\u221e" not in text


def test_a_model_without_spread_has_a_panel_that_says_so(data):
    assert "no spread" in json.dumps(spec("spacing", data.only(["flat"])))


def test_no_text_has_a_colour_of_its_own(data):
    """A dark page sets them all by the config."""
    alone = data.only(["step"])
    for name in NAMES:
        light, dark = spec(name, alone), spec(name, alone, dark=True)
        assert light.pop("config") != dark.pop("config")
        assert light == dark
        text = json.dumps(light)
        assert "black" not in text
        assert "#000" not in text


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colour", [GREY, BLUE, VERMILLION, GREEN])
@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_colours_stand_out_from_white_and_from_dark_pages(colour, page):
    high, low = sorted((luminance(colour), luminance(page)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 3


def test_kinds_differ_by_shape_as_well():
    assert KINDS.keys() == KIND_SHAPES.keys()
    assert len({*KIND_SHAPES.values()}) == len(KINDS)


def test_labels_of_a_crowd_hide_neither_each_other_nor_points():
    rng = np.random.default_rng(1)
    points = [(*rng.uniform(60, 400, 2), str(k)) for k in range(40)]
    found = placed(points, 460, 460)
    assert [label.text for label in found] == [text for _, _, text in points]
    for k, one in enumerate(found):
        assert 0 <= one.x <= 460
        assert 0 <= one.y <= 460
        for other in found[:k]:
            apart = abs(one.x - other.x) >= 6 or abs(one.y - other.y) >= 12
            assert apart, (one, other)


def test_neighbouring_numbers_are_joined():
    assert ranges([3, 1, 2, 7]) == "1\N{EN DASH}3, 7"
    assert ranges([5]) == "5"


def test_the_ladders_axis_is_even_and_holds_everything():
    for extent in (0.0, 0.4, 3.0, 24.0, 900.0):
        for width in (100, 400):
            domain, ticks = symlog(extent, width)
            assert domain[0] == -domain[1]
            assert domain[1] > extent
            assert ticks == sorted(ticks)
            assert [-tick for tick in reversed(ticks)] == ticks
            assert len(ticks) >= 3
