"""Errors are one printable line, and names that are unknown come with the nearest known ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mit_harness import errors
from mit_harness.errors import MitHarnessError, NotApplicable, near, printable

KINDS = (
    "InputError", "FetchError", "ModelError", "EngineError", "StoreError", "ReportError",
    "NotApplicable",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_of_ours_is_shown_on_one_line(kind):
    error = getattr(errors, kind)("two\nlines, \x1b[31mred\x1b[0m, a tab\t, a bell\x07, \u202ertl")
    assert isinstance(error, MitHarnessError)
    assert str(error) == ("two\\nlines, \\x1b[31mred\\x1b[0m, a tab\\t, a bell\\x07, \\u202ertl")


def test_every_error_of_ours_has_one_base():
    found = {c.__name__ for c in vars(errors).values() if isinstance(c, type)}
    assert found == {*KINDS, "MitHarnessError"}
    assert issubclass(NotApplicable, MitHarnessError)


@given(st.text())
def test_any_text_becomes_printable_and_printable_text_stays(text):
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown
    assert shown == text or not text.isprintable()


def test_text_of_any_language_stays():
    assert printable("modèle 模型 µ ∞") == "modèle 模型 µ ∞"


def test_a_byte_that_is_no_text_is_escaped():
    assert printable(b"a\xff".decode("utf-8", "surrogateescape")) == "a\\udcff"


@pytest.mark.parametrize(
    ("name", "known", "words"),
    [
        ("pa-pmw", ["pa-pwm", "thermo"], "; did you mean 'pa-pwm'?"),
        ("pwm", ["pwm-a", "pwm-b", "kmer"], "; did you mean 'pwm-b' or 'pwm-a'?"),
        ("zzz", ["b", "a"], "; known: a, b"),
        ("zzz", [], ""),
        ("", ["a"], "; known: a"),
    ],
)
def test_near_names_are_listed_or_all_of_them(name, known, words):
    assert near(name, known) == words


def test_no_more_than_three_near_names_are_listed():
    assert near("model", [f"model{k}" for k in range(9)]).count("'model") == 3
