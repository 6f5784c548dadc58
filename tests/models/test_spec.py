"""Spec strings: every form that is understood, and one clear line for each that is not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mit_harness.errors import ModelError
from mit_harness.models.spec import Spec, parse, safe_name, unique_names


@pytest.mark.parametrize(
    ("text", "scheme", "target", "column", "options"),
    [
        ("pa-pwm", "", "pa-pwm", "", {}),
        ("  pa-pwm\n", "", "pa-pwm", "", {}),
        ("random?seed=7", "", "random", "", {"seed": "7"}),
        ("random?", "", "random", "", {}),
        ("markov?order=3&x=", "", "markov", "", {"order": "3", "x": ""}),
        ("m?path=a%20b&note=c+d%3De", "", "m", "", {"path": "a b", "note": "c d=e"}),
        ("py:package.module:factory", "py", "package.module:factory", "", {}),
        ("py:m:f?checkpoint=7&dtype=x", "py", "m:f", "", {"checkpoint": "7", "dtype": "x"}),
        ("scores:FILE.tsv#column", "scores", "FILE.tsv", "column", {}),
        ("scores:/a/b c?.tsv#log p", "scores", "/a/b c?.tsv", "log p", {}),
        ("scores:run#2.tsv#score", "scores", "run#2.tsv", "score", {}),
        ("scores:C:/data/x.csv#s", "scores", "C:/data/x.csv", "s", {}),
    ],
)
def test_every_form_is_understood(text, scheme, target, column, options):
    assert parse(text) == Spec(text.strip(), scheme, target, column, options)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "a model's spec is empty; try 'pa-pwm' or 'py:my_module:load'"),
        (" \t\n", "a model's spec is empty; try 'pa-pwm' or 'py:my_module:load'"),
        ("scores:FILE.tsv", "'scores:FILE.tsv' names no column; write scores:FILE#column"),
        ("scores:FILE.tsv#", "'scores:FILE.tsv#' names no column; write scores:FILE#column"),
        ("scores:#column", "'scores:#column' names no column; write scores:FILE#column"),
        ("scores:", "'scores:' names no column; write scores:FILE#column"),
        ("score:x#y", "'score:x#y': no model scheme 'score'; known: hf:, evo2:, py:, scores:"),
        ("HF:org/name", "'HF:org/name': no model scheme 'HF'; known: hf:, evo2:, py:, scores:"),
        (":x", "':x': no model scheme ''; known: hf:, evo2:, py:, scores:"),
        ("random?7", "'random?7': options are written ?key=value&key=value"),
        ("random?seed=7&", "'random?seed=7&': options are written ?key=value&key=value"),
        ("random?seed=1&seed=2", "'random?seed=1&seed=2' gives an option twice"),
        ("random?=7", "'random?=7' has a value without a name; write ?key=value"),
        ("a:\nb\x1b[31m", r"'a:\nb\x1b[31m': no model scheme 'a'; known: hf:, evo2:, py:, scores:"),
    ],
)
def test_a_bad_spec_is_one_clear_line(text, line):
    with pytest.raises(ModelError) as caught:
        parse(text)
    assert str(caught.value) == line


@pytest.mark.parametrize(
    ("text", "scheme", "target", "options"),
    [
        (
            "hf:ORG/NAME@main?kind=masked&strand=mean", "hf", "ORG/NAME@main",
            {"kind": "masked", "strand": "mean"},
        ),
        ("hf:./local/dir", "hf", "./local/dir", {}),
        ("evo2:evo2_1b_base?context=0", "evo2", "evo2_1b_base", {"context": "0"}),
        ("hyenadna@abc?context=0", "", "hyenadna@abc", {"context": "0"}),
    ],
)  # fmt: skip
def test_neural_models_are_named(text, scheme, target, options):
    spec = parse(text)
    assert (spec.scheme, spec.target, dict(spec.options)) == (scheme, target, options)


@given(st.text())
def test_any_text_is_parsed_or_refused_in_one_line(text):
    try:
        spec = parse(text)
    except ModelError as error:
        assert str(error).isprintable()  # noqa: PT017 - either outcome is right
    else:
        assert spec.text == text.strip()
        assert spec.target or spec.scheme == "py" or "?" in text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pa-pwm", "pa-pwm"),
        ("my_module:load-checkpoint=7", "my_module-load-checkpoint-7"),
        ("a|b <b>x</b> `c` [d](e)", "a-b-b-x-b-c-d-e"),
        ("\x1b[31mred\x1b[0m\nnext", "31mred-0m-next"),
        ("modèle é", "mod-le"),
        ("模型", "model"),
        ("../../etc", "etc"),
        ("", "model"),
        ("---", "model"),
    ],
)
def test_names_hold_nothing_that_means_anything_anywhere(text, name):
    assert safe_name(text) == name


@given(st.text())
def test_safe_names_are_safe_and_stay(text):
    name = safe_name(text)
    assert re.fullmatch("[A-Za-z0-9._-]+", name)
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        (["a", "b", "c"], ["a", "b", "c"]),
        (["a", "a", "b", "a"], ["a", "a-2", "b", "a-3"]),
        (["a", "a", "a-2"], ["a", "a-2", "a-2-2"]),
        (["a-2", "a", "a"], ["a-2", "a", "a-3"]),
        ([], []),
    ],
)
def test_repeats_are_numbered_in_order(names, unique):
    assert unique_names(names) == unique


@given(st.lists(st.sampled_from(["a", "a-2", "a-2-2", "a-3", "b"]), max_size=12))
def test_names_become_unique_and_the_first_of_each_stays(names):
    made = unique_names(names)
    assert len(set(made)) == len(made) == len(names)
    assert not names or made[0] == names[0]
