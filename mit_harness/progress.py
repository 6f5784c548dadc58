"""What is going on, said to whoever waits for more than two seconds."""

import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from mit_harness.errors import MitHarnessError, printable

PATIENCE_S = 2.0
"""Nothing is shown of what takes less."""

LIVE_EVERY_S = 0.5
"""Between two looks, where a line on a terminal is overwritten."""

LOG_EVERY_S = 10.0
"""Between two lines of a log."""

WIDTH = 80
"""Columns of a log, and of a terminal that does not say."""


class Sink(Protocol):
    """Where progress is shown, from a thread of its own."""

    @property
    def every_s(self) -> float:
        """Seconds between two looks."""
        ...

    def show(self, text: str) -> None:
        """Show a line in place of the last one."""
        ...

    def clear(self) -> None:
        """Take the last line away, where that can be done."""
        ...


class Lines:
    """Progress on a stream: one line that is overwritten on a terminal, lines in a log.

    Parameters
    ----------
    stream
        Written to, and flushed after each line.
    live
        Whether it is a terminal.
    fresh
        Called before the first line, to leave a line that somebody else began.
    """

    def __init__(
        self, stream: TextIO, *, live: bool, fresh: Callable[[], object] | None = None
    ) -> None:
        self._stream, self._live, self._fresh = stream, live, fresh
        self._shown = 0
        self._lock = threading.RLock()

    @property
    def every_s(self) -> float:
        """Seconds between two looks."""
        return LIVE_EVERY_S if self._live else LOG_EVERY_S

    def show(self, text: str) -> None:
        """Show a line in place of the last one."""
        with self._lock:
            if self._fresh is not None and not self._shown:
                self._fresh()
            if self._live:
                room = shutil.get_terminal_size((WIDTH, 24)).columns - 1
                line = text if len(text) <= room else text[: room - 1] + "…"
                self._stream.write("\r" + line.ljust(self._shown))
                self._shown = len(line)
            else:
                self._stream.write(textwrap.fill(text, WIDTH, subsequent_indent="    ") + "\n")
            self._stream.flush()

    def clear(self) -> None:
        """Leave no trace on a terminal."""
        with self._lock:
            if self._shown:
                self._stream.write("\r" + " " * self._shown + "\r")
                self._stream.flush()
            self._shown = 0

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Make room for what somebody else writes meanwhile."""
        with self._lock:
            self.clear()
            yield


class Step:
    """What is being done now; its text can be changed from any thread."""

    def __init__(self, text: str) -> None:
        self.say(text)

    def say(self, text: str, since: float | None = None) -> None:
        """Say what is being done now, since when (`time.monotonic`, this moment unless given)."""
        self._now = (text, time.monotonic() if since is None else since)

    @property
    def text(self) -> str:
        """What was said last."""
        return self._now[0]

    def line(self) -> str:
        """Return the text and for how long that has been going on."""
        text, since = self._now
        return printable(f"{text} ({duration(time.monotonic() - since)})")


class Ticker:
    """Shows a step from a thread, so that a call that does not come back is seen, too.

    Parameters
    ----------
    sink
        None: shows nothing.
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self._sink = sink
        self._step: Step | None = None

    @contextmanager
    def doing(self, text: str) -> Iterator[Step]:
        """Show what is being done until the end of the block; within another, in its place."""
        outer = self._step
        if outer is not None:
            before = outer.text
            outer.say(text)
            try:
                yield outer
            finally:
                outer.say(before)
            return
        self._step = step = Step(text)
        try:
            with self.showing(step.line):
                yield step
        finally:
            self._step = None

    @contextmanager
    def showing(self, line: Callable[[], str]) -> Iterator[None]:
        """Show what `line` returns until the end of the block; nothing where that is empty."""
        if self._sink is None:
            yield
            return
        over = threading.Event()
        arguments = (self._sink, line, over)
        thread = threading.Thread(target=_tick, args=arguments, name="mit-progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(timeout=PATIENCE_S)


def _tick(sink: Sink, line: Callable[[], str], over: threading.Event) -> None:
    wait, shown = PATIENCE_S, False
    try:
        while not over.wait(wait):
            text, wait = line(), sink.every_s
            if text:
                sink.show(text)
                shown = True
            elif shown:
                sink.clear()
        if shown:
            sink.clear()
    except (MitHarnessError, OSError, ValueError):
        return  # a terminal or a store that went away: who needs it says so


def rate(done: int, seconds: float) -> str:
    """Return so many a second, in two digits or more."""
    found = done / max(seconds, 1e-9)
    return f"{found:.2g}/s" if found < 10 else f"{found:.0f}/s"


def duration(seconds: float) -> str:
    """Return a time in the unit that fits: ``12 s``, ``3 min``, ``2.5 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def on_stderr() -> Ticker:
    """Return a ticker for a command line, whose standard output may be a table."""
    return Ticker(Lines(sys.stderr, live=sys.stderr.isatty()))
