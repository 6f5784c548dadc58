"""Progress of a pytest session: on its terminal, or by way of the store where a worker has none."""

import io
import os
import sys
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pytest

from mit_harness.errors import MitHarnessError
from mit_harness.progress import Lines, Ticker

if TYPE_CHECKING:
    from mit_harness.scoring.store import Store
    from mit_harness.session.settings import Settings

TICKER: pytest.StashKey[Ticker] = pytest.StashKey()
LINES: pytest.StashKey[Lines | None] = pytest.StashKey()

WORKER_EVERY_S = 1.0
"""Between two notes that a worker leaves in the store."""

_KIND = "progress"
_SILENT = -2
"""Verbosity, ``-qq``, from which on nothing is shown."""


class StoreSink:
    """Where a worker, which cannot print, leaves what its controller shows.

    Used by one thread, which opens the store for itself and only once there is something to say.
    """

    every_s = WORKER_EVERY_S

    def __init__(self, path: Path, run_id: str, worker: str) -> None:
        self._path, self._key = path, f"run:{run_id}:{worker}"

    def show(self, text: str) -> None:
        """Leave a note in place of the last one."""
        with _opened(self._path) as store:
            store.remember(_KIND, self._key, text)

    def clear(self) -> None:
        """Take the note away."""
        with _opened(self._path) as store:
            store.discard(_KIND, self._key)


class WorkerWatch:
    """Shows on the controller's terminal what its workers leave in the store.

    A few notes are read, not rows counted, so it costs the same for a million scores. The thread
    that shows them and the reporter, which writes at any time, keep out of each other's way by a
    lock. A context manager: it watches until the end of the block.
    """

    def __init__(self, config: pytest.Config, settings: "Settings") -> None:
        self._config = config
        self._path, self._prefix = settings.store, f"run:{settings.run_id}:"
        self._lines = _lines(config)
        self._store: Store | None = None
        self._dead: set[str] = set()
        self._watching = ExitStack()

    def __enter__(self) -> "WorkerWatch":
        self._watching.enter_context(Ticker(self._lines).showing(self.line))
        self._config.pluginmanager.register(self, "mit-harness-watch")
        return self

    def __exit__(self, *error: object) -> None:
        self._watching.close()
        self._config.pluginmanager.unregister(self)
        if self._dead:  # whose notes nobody takes away
            try:
                with _opened(self._path) as store:
                    store.discard(_KIND, self._prefix)
            except MitHarnessError:
                return  # said by whoever needs the store

    def line(self) -> str:
        """Return what all workers do now; empty where none has anything to say."""
        with _opened(self._path) as store:
            notes = store.recall_all(_KIND, self._prefix)
        found = {key.removeprefix(self._prefix): text for key, text in sorted(notes.items())}
        alive = {worker: text for worker, text in found.items() if worker not in self._dead}
        if len(alive) == 1:
            return next(iter(alive.values()))
        return "; ".join(f"{worker} {text}" for worker, text in alive.items())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None, None, None]:
        """Make room for the reporter."""
        if self._lines is None:
            return (yield)
        with self._lines.aside():
            return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - xdist's WorkerController
        """Forget what a worker was doing when it ended."""
        self._dead.add(node.gateway.id)


def _opened(path: Path) -> "Store":
    from mit_harness.scoring.store import Store

    return Store(path)


def ticker_of(config: pytest.Config, settings: "Settings | None" = None) -> Ticker:
    """Return what shows a session's progress; nothing under ``-qq`` or without a terminal.

    In a worker, whose notes need `settings`, what is shown without them goes nowhere.
    """
    worker = getattr(config, "workerinput", None)
    if worker is not None and (settings is None or config.get_verbosity() <= _SILENT):
        return Ticker()
    if TICKER not in config.stash:
        if worker is not None and settings is not None:
            sink = StoreSink(settings.store, settings.run_id, worker["workerid"])
            config.stash[TICKER] = Ticker(sink)
        else:
            config.stash[TICKER] = Ticker(_lines(config))
    return config.stash[TICKER]


def _lines(config: pytest.Config) -> Lines | None:
    """Return progress on the terminal of a session, where it has one."""
    if LINES not in config.stash:
        config.stash[LINES] = _made(config)
    return config.stash[LINES]


def _made(config: pytest.Config) -> Lines | None:
    terminal: Any = config.pluginmanager.getplugin("terminalreporter")
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    if terminal is None or capture is None or config.get_verbosity() <= _SILENT:
        return None
    writer: Any = config.get_terminal_writer()
    with capture.global_and_fixture_disabled():  # pytest captures what fixtures write
        theirs = sys.stdout
        stream = _own(theirs)
    if stream is not theirs:
        config.add_cleanup(stream.close)

    def fresh() -> None:
        if writer.width_of_current_line or terminal.currentfspath:
            stream.write("\n")
            terminal.currentfspath = None  # what the reporter does when it leaves a line
            writer._current_line = ""

    return Lines(stream, live=bool(terminal.isatty), fresh=fresh)


def _own(stream: TextIO) -> TextIO:
    """Return another stream to the same place, which capturing does not touch."""
    stream.flush()
    try:
        there = os.dup(stream.fileno())
    except (OSError, AttributeError, io.UnsupportedOperation):
        return stream
    return os.fdopen(there, "w", encoding=stream.encoding, errors="replace")
