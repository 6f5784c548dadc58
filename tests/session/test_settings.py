"""Options: command line before environment before ini file before default."""

from pathlib import Path

import pytest

from mit_harness.errors import InputError
from mit_harness.session.options import OPTIONS
from mit_harness.session.settings import Settings, default_store, is_on

VALUES = {
    "model": (("pa-pwm",), ("pwm",), ("kmer",)),
    "claim": (("compensation",), ("motif_effect",), ("natural_motif",)),
    "report": ("a", "b", "c"),
    "suite": ("a.tsv", "b.tsv", "c.tsv"),
    "regulondb": ("a.tsv", "b.tsv", "c.tsv"),
    "protocol": ("published", "matched", "published"),
    "n": (7, 8, 9),
    "seed": (7, 8, 9),
    "split": ("dev", "test", "dev"),
    "break": ("GATAAT", "TGTAAT", "GATAAT"),
    "measured": ("a.xlsx", "b.xlsx", "c.xlsx"),
    "store": ("a.db", "b.db", "c.db"),
    "batch_tokens": (7, 8, 9),
    "trust_remote_code": (("hyenadna",), ("a", "b"), ("c",)),
    "engine": ("ray", "local", "ray"),
    "ray_cpus": (2, 3, 4),
    "offline": (True, True, True),
    "device": ("cpu", "cuda:1", "mps"),
    "dtype": ("float64", "float16", "bfloat16"),
    "max_memory": ("8GB", "9GB", "10GB"),
    "baseline": ("old", "older", "oldest"),
    "plan": (True, False, True),
    "measure_only": (True, False, True),
    "gate": ("a.toml", "b.toml", "c.toml"),
}
FIELDS = {
    "trust_remote_code": "trusted",
    "model": "models",
    "claim": "claims",
    "break": "break_form",
}


def spelled(value):
    return " ".join(value) if isinstance(value, tuple) else str(value)


def settings(pytester, *args):
    config = pytester.parseconfig("-p", "no:cacheprovider", *args)
    return Settings.from_config(config, "run")


def read(pytester, option, *args):
    found = getattr(settings(pytester, *args), FIELDS.get(option.name, option.name))
    return found.name if isinstance(found, Path) else found


@pytest.fixture
def empty(pytester, monkeypatch, workbooks):
    """A folder without settings of any kind; measured promoters are read at once, so lie there."""
    for name in VALUES["measured"]:
        (pytester.path / name).write_bytes(workbooks.small.read_bytes())
    for option in OPTIONS:
        monkeypatch.delenv(option.environment, raising=False)
    return pytester


def test_every_option_is_tested():
    assert [option.name for option in OPTIONS] == list(VALUES)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_the_order_of_precedence(empty, option, monkeypatch):
    line, environment, ini = VALUES[option.name]
    default = read(empty, option)
    (empty.path / "pytest.ini").write_text(f"[pytest]\n{option.key} = {spelled(ini)}\n")
    assert read(empty, option) == ini
    monkeypatch.setenv(option.environment, spelled(environment))
    assert read(empty, option) == environment
    given = [option.flag] if option.is_switch else [f"{option.flag}={spelled(line)}"]
    assert read(empty, option, *given) == line
    monkeypatch.setenv(option.environment, "")
    (empty.path / "pytest.ini").unlink()
    assert read(empty, option) == default


def test_the_defaults(empty):
    found = settings(empty)
    assert (found.models, found.claims, found.n, found.seed) == (("embedded",), (), 100, 42)
    assert (found.protocol, found.split, found.break_form) == ("matched", "test", "TGTAAT")
    assert (found.plan, found.measure_only, found.suite) == (False, False, None)
    assert found.report == empty.path / "reports" / "latest"
    assert found.store == default_store()
    assert found.design_spec(found.read_suite()).is_default


def test_repeated_options(empty, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_MODEL", "'scores:my file.tsv#a b' pwm")
    assert settings(empty).models == ("scores:my file.tsv#a b", "pwm")
    args = ("--mit-model", "kmer", "--mit-model", "random?seed=7")
    assert settings(empty, *args).models == ("kmer", "random?seed=7")


def test_a_list_in_a_toml_file(empty):
    text = '[tool.pytest.ini_options]\nmit_model = ["pwm", "random?seed=7"]\nmit_n = 9\n'
    (empty.path / "pyproject.toml").write_text(text)
    found = settings(empty)
    assert (found.models, found.n) == (("pwm", "random?seed=7"), 9)


def test_a_home_folder_in_the_environment(empty, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_STORE", "~/scores.sqlite")
    assert settings(empty).store == Path.home() / "scores.sqlite"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("PLAN", "maybe", "MIT_HARNESS_PLAN: 'maybe' is neither true nor false"),
        ("PROTOCOL", "mine", "MIT_HARNESS_PROTOCOL takes matched or published, not 'mine'"),
        ("MODEL", "'open", 'MIT_HARNESS_MODEL: "\'open" cannot be split into words (No closing'),
        ("N", "ten", "--mit-n takes a whole number, not 'ten'"),
        ("BREAK", "TATAAT", ""),
    ],
)
def test_values_that_cannot_be_used(empty, monkeypatch, name, text, why):
    monkeypatch.setenv("MIT_HARNESS_" + name, text)
    with pytest.raises(InputError) as caught:
        settings(empty)
    assert str(caught.value).startswith(why)


def test_a_list_where_one_value_is_meant(empty):
    (empty.path / "pyproject.toml").write_text("[tool.pytest.ini_options]\nmit_n = ['1', '2']\n")
    with pytest.raises(InputError, match=r"^ini option mit_n\b.*"):
        settings(empty)


def test_a_choice_on_the_command_line(project):
    result = project.run("--mit-protocol", "mine")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(("text", "on"), [("1", True), ("TRUE", True), ("no", False), ("0", False)])
def test_switches(empty, monkeypatch, text, on):
    monkeypatch.setenv("MIT_HARNESS_MEASURE_ONLY", text)
    assert is_on(empty.parseconfig(), "measure_only") is on
