"""leaderboard.md: its order, its numbers, and names that cannot do harm in it."""

import re
from pathlib import Path

import pytest

from mit_harness.report.leaderboard import ranked, table, to_markdown, verdict_table
from mit_harness.report.leaderboard.notes import of_seen
from mit_harness.report.text import find_metric, interval, markdown, number

GOLDEN = Path(__file__).with_name("golden_leaderboard.md")


def test_a_small_leaderboard_is_this_text(make):
    run = make.small_run()
    assert to_markdown(run.design, run.models, "0.1.0") == GOLDEN.read_text(encoding="utf-8")


def entrant(make, name, held, decoy=None, scr=None):
    """A model that holds so many claims, with its SCR decoy and SCR."""
    values = {"scr_decoy": decoy, "scr": scr}
    metrics = {k: make.metric(v, None, None) for k, v in values.items() if v is not None}
    claims = [make.claim(f"c{k}", "holds" if k < held else "refuted") for k in range(3)]
    return make.model(name, [make.claim("s", "refuted", metrics=metrics), *claims])


def test_models_rank_by_claims_held_then_scr_decoy_then_scr_then_name(make):
    models = [
        entrant(make, "no-decoy", 1, scr=1.0),
        entrant(make, "b-twin", 1, 0.6, 0.7),
        entrant(make, "most", 2, 0.1),
        entrant(make, "a-twin", 1, 0.6, 0.7),
        entrant(make, "lower-scr", 1, 0.6, 0.4),
        entrant(make, "none", 0, 1.0, 1.0),
        entrant(make, "best-decoy", 1, 0.8, 0.0),
    ]
    order = ["most", "best-decoy", "a-twin", "b-twin", "lower-scr", "no-decoy", "none"]
    assert [m.name for m in ranked(models)] == order
    assert [m.name for m in ranked(models[::-1])] == order


def test_an_undefined_metric_ranks_last(make):
    undefined = make.metric(None, None, None)
    claim = make.claim("s", metrics={"scr_decoy": undefined})
    models = [make.model("undefined", [claim]), entrant(make, "low", 1, 0.01)]
    assert [m.name for m in ranked(models)] == ["low", "undefined"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.634, "0.63"),
        (-0.004, "0.00"),
        (-0.006, "-0.01"),
        (-10.001, "-10.00"),
        (20.61, "20.61"),
        (9999.994, "9999.99"),
        (123456.0, "1.23e+05"),
        (-1e20, "-1e+20"),
        (float("inf"), "∞"),
        (float("-inf"), "-∞"),
        (None, "\N{EN DASH}"),
    ],
)
def test_numbers_are_short_whatever_their_size(value, text):
    assert number(value) == text


def test_an_interval_that_is_undefined_is_left_out(make):
    assert interval(make.metric()) == "0.63 [0.53, 0.72]"
    assert interval(make.metric(float("inf"), None, None)) == "∞"
    assert interval(make.metric(None)) == interval(None) == "\N{EN DASH}"


def test_a_metric_is_found_in_whichever_claim_holds_it(make):
    model = make.model(claims=[make.claim("a"), make.claim("b", metrics={"css": make.metric(0.7)})])
    assert find_metric(model, "css").value == 0.7
    assert find_metric(model, "scr") is None


def test_claims_stand_in_the_registrys_order_and_what_was_not_asked_is_a_dash(make):
    models = [
        make.model("a", [make.claim("my_claim"), make.claim("motif_effect")]),
        make.model("b", [make.claim("compensation", "refuted")]),
    ]
    frame = verdict_table(models)
    assert list(frame.columns) == ["model", "compensation", "motif_effect", "my_claim"]
    assert frame.to_numpy().tolist() == [
        ["a", "\N{EN DASH}", "holds", "holds"], ["b", "refuted", "\N{EN DASH}", "\N{EN DASH}"]
    ]  # fmt: skip


def test_a_control_that_drifted_is_marked_and_its_reason_given(make):
    drifted = make.claim(declared=["refuted"], explanation="holds: css = 1.000")
    models = [
        make.model("at-content", [drifted], kind="control"),
        make.model("pwm", [make.claim("b", declared=["holds"])], kind="control"),
    ]
    text = to_markdown(make.design(), models, "0.1.0")
    assert "| at-content | holds **!** " in text
    assert "- at-content, compensation: holds: css = 1.000" in text
    assert "- pwm" not in text


def test_a_run_without_models_still_makes_a_page(make):
    text = to_markdown(make.design(), [], "0.1.0")
    assert text.startswith("# Leaderboard\n")
    assert "## Published rows" in text
    assert table([]).empty


def test_a_published_run_is_described_as_such(make):
    text = to_markdown(make.design(protocol="published"), [make.model(claims=[make.claim()])], "1")
    assert "protocol published" in text
    assert "sign test" not in text
    assert text.count("ties lose") == 1


HOSTILE = [
    "a|b|c",
    "<b>bold</b> <script>alert(1)</script>",
    "`code` **bold** _it_ ~~gone~~",
    "[link](http://x) ![image](http://x)",
    "two\nlines\r\n# heading\n\n- list",
    "\x1b[31mred\x1b[0m\x07",
    "back\\slash \\| end\\",
    "&lt;b&gt; &amp;",
    "# heading",
    "{{ jinja }} {% raw %} $math$",
    "\u202eright to left \u200bzero",
]


def unescaped(cell):
    """What a reader sees: backslashes before punctuation taken off, entities decoded."""
    import html

    return html.unescape(re.sub(r"\\([\\`*_{}\[\]()#+!|~])", r"\1", cell))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text_on_one_line(hostile):
    shown = markdown(hostile)
    assert shown.isprintable()
    assert not re.search(r"[<>\n]", shown)
    assert not re.search(r"(?<!\\)(\\\\)*[|`*_\[\]~#{}()]", shown)
    assert "\\n" in unescaped(shown) or "\n" not in hostile


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_keep_the_tables_whole(make, hostile):
    claim = make.claim(hostile, "refuted", explanation=hostile, declared=[hostile])
    models = [
        make.model(hostile, [claim], spec=hostile, fingerprint=hostile, kind="control"),
        make.model("good", [make.claim()]),
    ]
    design = make.design(break_form=hostile, suite_sha256=hostile)
    text = to_markdown(design, models, hostile)
    plain = to_markdown(
        make.design(),
        [
            make.model("bad", [make.claim("c", "refuted", declared=["x"])], kind="control"),
            models[1],
        ],
        "1",
    )
    assert len(text.splitlines()) == len(plain.splitlines())
    for line, twin in zip(text.splitlines(), plain.splitlines(), strict=True):
        assert line.isprintable()
        if twin.startswith("|"):
            assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == twin.count("|")
    assert "<" not in text.replace("< 0.025", "")
    assert "\x1b" not in text


def test_natural_claims_of_a_model_that_was_trained_on_them_carry_a_note(make):
    claims = [make.claim("natural_motif"), make.claim("natural_rescue"), make.claim()]
    seen = "nine tenths of NC_000913.3"
    learned = make.model("learned", claims, kind="reference", seen=seen)
    note = "natural_motif and natural_rescue hold for learned, which was trained on nine tenths"
    assert [text.startswith(note) for text in of_seen([learned])] == [True]
    assert note.replace("_", "\\_") in to_markdown(make.design(), [learned], "0.1.0")
    refuted = make.model("r", [make.claim("natural_motif", "refuted"), make.claim()], seen=seen)
    assert of_seen([refuted, make.model("other", claims)]) == []
    one = make.model("r", [make.claim("natural_motif")], seen=seen)
    assert of_seen([one])[0].startswith("natural_motif holds for r, which was trained on")
