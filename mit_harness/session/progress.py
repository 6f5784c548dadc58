"""Progress of scoring, for a person who waits more than two seconds."""

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from mit_harness.scoring.engine import Progress

PATIENCE_S = 2.0
EVERY_S = 10.0
LIVE_EVERY_S = 0.2


def reporter(config: "pytest.Config") -> "Progress | None":
    """Return a callback that writes to the terminal: nothing before 2 s, then now and again.

    A terminal gets one line that is overwritten, a log file a line every ten seconds. None where
    there is no terminal to write to, as in xdist's workers.
    """
    terminal: Any = config.pluginmanager.getplugin("terminalreporter")
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    if terminal is None or capture is None:
        return None
    started = last = time.monotonic()
    shown = False

    def report(name: str, done: int, total: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        live = terminal.isatty
        pause = LIVE_EVERY_S if live else EVERY_S
        if now - started < PATIENCE_S or (done < total and shown and now - last < pause):
            return
        line = f"scoring {name}: {done} of {total} sequences, {done / (now - started):.0f}/s"
        with capture.global_and_fixture_disabled():  # pytest captures what fixtures write
            if not shown:
                terminal.ensure_newline()
            if live:
                terminal.rewrite(line, erase=True)
            if not live or done >= total:
                terminal.write_line("" if live else line)
        last, shown = now, True

    return report
