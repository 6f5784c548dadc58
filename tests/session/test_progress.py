"""Progress of scoring reaches the terminal, although pytest captures what fixtures write."""

from mit_harness.session import progress

SLOW = """
import time


def slow():
    def score(sequences):
        time.sleep(0.05)
        return [s.count("A") for s in sequences]

    return score


slow.fingerprint = "1"
"""


def test_a_log_gets_a_line_now_and_then(project, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.1)
    project.toys().write(slow=SLOW)
    result = project.run("--mit-batch-tokens", "500", models=["py:slow:slow"])
    lines = [line for line in result.outlines if line.startswith("scoring slow-slow: ")]
    assert len(lines) == 2
    assert lines[-1].startswith("scoring slow-slow: 24 of 24 sequences, ")


def test_quick_models_are_silent(project):
    result = project.toys().run(models=["at"])
    assert "scoring" not in result.stdout.str()


class Terminal:
    """Remembers what is written to it."""

    def __init__(self, isatty):
        self.isatty = isatty
        self.written = []

    def ensure_newline(self):
        self.written.append("newline")

    def write_line(self, line):
        self.written.append(line)

    def rewrite(self, line, erase):
        assert erase
        self.written.append("\r" + line)


def test_a_terminal_gets_one_line_that_is_overwritten(pytestconfig, monkeypatch):
    terminal = Terminal(isatty=True)
    real = pytestconfig.pluginmanager.getplugin
    plugins = {"terminalreporter": terminal}
    monkeypatch.setattr(
        pytestconfig.pluginmanager, "getplugin", lambda name: plugins.get(name) or real(name)
    )
    clock = iter([0.0, 1.0, 2.5, 2.6, 4.0, 5.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    report = progress.reporter(pytestconfig)
    for done in (1, 2, 3, 4, 5):
        report("m", done, 5)
    assert terminal.written == [
        "newline",
        "\rscoring m: 2 of 5 sequences, 1/s",
        "\rscoring m: 4 of 5 sequences, 1/s",
        "\rscoring m: 5 of 5 sequences, 1/s",
        "",
    ]


def test_without_a_terminal_there_is_none(pytester):
    assert progress.reporter(pytester.parseconfig("-p", "no:terminal")) is None
