"""``scores:FILE#column`` as a model: judged like any other, refused before anything runs."""

import pytest

COLUMN = "<b>|*[x](y)`"


@pytest.fixture
def recorded(project):
    """A suite of D and E, and a file that scores it by id: E higher, lower, and not a number."""
    suite = project.toys().suite("suite.tsv", "DE")
    names = [line.split("\t")[0] for line in suite.read_text().splitlines()[1:]]
    rows = ["id\thigher\tlower\tholed\t" + COLUMN]
    for place, name in enumerate(names):
        up = 1.0 if name.startswith("E") else 0.0
        rows.append(f"{name}\t{up}\t{-up}\t{'nan' if place == 3 else up}\t{up}")
    (project.path / "scores.tsv").write_text("\n".join(rows) + "\n")
    return project


def run(project, *columns, workers="0"):
    models = [f"scores:scores.tsv#{column}" for column in columns]
    return project.run("-n", workers, "--mit-suite", "suite.tsv", models=models)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_columns_are_models(recorded, workers):
    result = run(recorded, "higher", "lower", workers=workers)
    assert (result.ret, result.parseoutcomes()) == (1, {"passed": 3, "failed": 3})
    assert recorded.verdicts() == {
        "higher": dict.fromkeys(("first", "second", "third"), "holds"),
        "lower": dict.fromkeys(("first", "second", "third"), "refuted"),
    }
    assert recorded.stored() == {}


def test_a_column_with_markup(recorded):
    result = run(recorded, COLUMN)
    assert result.ret == 0
    (model,) = recorded.results()["models"]
    assert model["spec"].endswith(COLUMN)
    board = (recorded.report / "leaderboard.md").read_text()
    assert "<b>" not in board
    assert "[x](y)" not in board


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("scores:scores.tsv#highr", "no column 'highr'; did you mean 'higher'?"),
        ("scores:scores.tsv#holed", "every sequence needs a finite score"),
        ("scores:scores.tsv", "names no column; write scores:FILE#column"),
        ("scores:no\x1b[31m.tsv#a", "no\\x1b[31m.tsv"),
        ("scores:empty.tsv#a", "empty.tsv"),
        ("scores:other.tsv#a", "'X_0'"),
    ],
)
def test_files_that_cannot_be_used(recorded, workers, spec, why):
    (recorded.path / "empty.tsv").touch()
    (recorded.path / "other.tsv").write_text("id\ta\nX_0\t1\n")
    result = recorded.run(f"-n{workers}", "--mit-suite", "suite.tsv", models=[spec])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = (line for line in result.errlines if line)
    assert line.startswith("ERROR: mit-harness: ")
    assert why in line
    assert "\x1b" not in line
    assert not recorded.report.exists()


def test_a_sequence_that_was_never_scored(recorded):
    rows = (recorded.path / "scores.tsv").read_text().splitlines()
    (recorded.path / "scores.tsv").write_text("\n".join(rows[:-1]) + "\n")
    result = run(recorded, "higher")
    assert result.ret != 0
    recorded.said(result)
