"""The library that draws the figures: kept between runs, and never taken from a changed file."""

import pytest
import vl_convert

from mit_harness.report.html import figures
from mit_harness.report.html.figures import javascript_bundle


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and a bundler that takes no time."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda **_: "vega()")
    monkeypatch.setattr(figures, "version", lambda library: "1")
    monkeypatch.setattr(figures, "_edition", lambda: "2")
    javascript_bundle.cache_clear()
    yield tmp_path / "mit-harness"
    javascript_bundle.cache_clear()


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setattr(figures, "_KNOWN", {("1", "2"): figures._checksum("vega()")})


def test_a_known_script_is_kept_and_not_made_again(cache, known, monkeypatch):
    assert javascript_bundle() == "vega()"
    assert [file.read_text() for file in cache.iterdir()] == ["vega()"]
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda **_: pytest.fail("made again"))
    javascript_bundle.cache_clear()
    assert javascript_bundle() == "vega()"


@pytest.mark.parametrize("text", ["steal()", "// vega()\nvega()", ""])
def test_a_changed_file_is_not_used_and_made_good(cache, known, text):
    javascript_bundle()
    (file,) = cache.iterdir()
    file.write_text(text)
    javascript_bundle.cache_clear()
    assert javascript_bundle() == "vega()"
    assert file.read_text() == "vega()"


def test_a_script_that_is_not_known_is_never_read_from_the_cache(cache):
    assert javascript_bundle() == "vega()"
    assert not cache.exists()
    cache.mkdir()
    (cache / "vega-1-2.js").write_text("steal()")
    javascript_bundle.cache_clear()
    assert javascript_bundle() == "vega()"


def test_the_checksum_is_that_of_the_library():
    """Where its versions are known: else every process would bundle it anew."""
    edition = figures._edition()
    expected = figures._KNOWN.get((figures.version("vl-convert-python"), edition))
    if expected is None:
        pytest.skip("other versions than those that this package knows")
    made = vl_convert.javascript_bundle(vl_version=edition)
    assert figures._checksum(made) == expected
