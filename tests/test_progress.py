"""Progress: nothing before two seconds, nothing left behind on a terminal, never an error."""

import io
import threading
import time

import pytest

from mit_harness import progress
from mit_harness.errors import InputError, StoreError
from mit_harness.progress import Lines, Step, Ticker, duration, on_stderr, rate


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.02)
    monkeypatch.setattr(progress, "LIVE_EVERY_S", 0.01)
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0.01)


class Sink:
    """Remembers what it was to show."""

    every_s = 0.01

    def __init__(self, error=None):
        self.said, self.error = [], error
        self.enough = threading.Event()

    def show(self, text):
        self.said.append(text)
        if len(self.said) == 3:
            self.enough.set()
        if self.error is not None:
            self.enough.set()
            raise self.error

    def clear(self):
        self.said.append(None)


def test_what_is_quick_is_silent():
    sink = Sink()
    with Ticker(sink).doing("a"):
        pass
    assert sink.said == []


def test_what_takes_long_is_shown_until_it_ends(quick):
    sink = Sink()
    with Ticker(sink).doing("loading m") as step:
        assert sink.enough.wait(10)
        step.say("scoring m")
        seen = len(sink.said)
        while len(sink.said) < seen + 2:
            time.sleep(0.001)
    assert sink.said[0] == "loading m (0 s)"
    assert sink.said[-2:] == ["scoring m (0 s)", None]
    assert not [t for t in threading.enumerate() if t.name == "mit-progress"]


def test_within_another_it_takes_its_place(quick):
    ticker = Ticker(Sink())
    with ticker.doing("outer") as outer:
        with ticker.doing("inner") as inner:
            assert inner is outer
            assert outer.text == "inner"
            inner.say("further in")
        assert outer.text == "outer"


@pytest.mark.parametrize("error", [StoreError("gone"), OSError("gone"), ValueError("closed file")])
def test_a_place_that_goes_away_stops_it_and_nothing_else(quick, error):
    sink = Sink(error)
    with Ticker(sink).doing("a"):
        assert sink.enough.wait(10)
        time.sleep(0.05)
    assert len(sink.said) == 1


def test_the_block_may_fail(quick):
    sink = Sink()

    def fails():
        with Ticker(sink).doing("a"):
            assert sink.enough.wait(10)
            raise InputError("no")

    with pytest.raises(InputError):
        fails()
    assert sink.said[-1] is None


def test_without_a_sink_there_is_no_thread():
    before = threading.active_count()
    with Ticker().doing("a") as step:
        assert threading.active_count() == before
        step.say("b")


def test_nothing_to_say_takes_the_line_away(quick):
    sink, texts = Sink(), iter(["", "a", ""])
    with Ticker(sink).showing(lambda: next(texts, "")):
        while sink.said != ["a", None]:
            time.sleep(0.001)


def test_a_terminal_has_one_line_that_is_overwritten_and_then_blank(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    stream, begun = io.StringIO(), []
    lines = Lines(stream, live=True, fresh=lambda: begun.append(stream.getvalue()))
    lines.show("a long line of more than 20 columns")
    lines.show("short")
    lines.clear()
    lines.clear()
    line = "a long line of mor…"
    assert stream.getvalue() == f"\r{line}\r{'short':19}\r{'':5}\r"
    lines.show("again")
    assert begun == ["", f"\r{line}\r{'short':19}\r{'':5}\r"]


def test_a_log_has_lines_of_eighty_columns():
    stream = io.StringIO()
    lines = Lines(stream, live=False)
    lines.show("word " * 30)
    lines.clear()
    written = stream.getvalue().splitlines()
    assert len(written) == 2
    assert max(map(len, written)) <= 80
    assert "\r" not in stream.getvalue()


def test_others_write_beside_the_line():
    stream = io.StringIO()
    lines = Lines(stream, live=True)
    lines.show("abc")
    with lines.aside():
        stream.write("a dot\n")
    assert stream.getvalue() == "\rabc\r   \ra dot\n"


def test_what_a_name_holds_is_printable():
    assert Step("loading \x1b[31m\n").line() == "loading \\x1b[31m\\n (0 s)"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (119, "119 s"), (130, "2 min"), (9000, "2.5 h")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("done", "seconds", "text"), [(5, 10, "0.5/s"), (99, 10, "9.9/s"), (12345, 10, "1234/s")]
)
def test_rates(done, seconds, text):
    assert rate(done, seconds) == text


def test_a_command_speaks_on_standard_error(quick, capsys):
    with on_stderr().doing("scoring m"):
        time.sleep(0.1)
    out, err = capsys.readouterr()
    assert out == ""
    assert "scoring m (0 s)\n" in err
