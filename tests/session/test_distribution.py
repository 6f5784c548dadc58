"""Which worker gets which eval, and how the controller knows that there are evals."""

import pytest

from mit_harness.session.distribution import (
    gpu_of,
    gpus,
    model_named,
    model_scope,
    names_evals,
    sharing,
)

MODELS = ("scan", "scan-aligned", "pa-pwm", "pa-pwm-nopos", "pwm", "random", "random-seed-7")


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_its_own_scope(model):
    assert model_scope(f"evals/test_a.py::test_a[{model}]", MODELS) == model


@pytest.mark.parametrize("parameters", ["{}", "x-{}", "{}-x", "x-{}-y", "{}-[1]", "a::b-{}"])
@pytest.mark.parametrize("model", MODELS)
def test_other_parameters_do_not_matter(model, parameters):
    nodeid = f"evals/test_a.py::TestB::test_a[{parameters.format(model)}]"
    assert model_named(nodeid, MODELS) == model


@pytest.mark.parametrize(
    "nodeid",
    [
        "tests/test_a.py::test_a",
        "tests/test_a.py::test_a[xpwm]",
        "tests/test_a.py::test_a[pwm_2]",
        "tests/test_a.py::test_a[]",
        "tests/pwm/test_a.py::test_pwm",
        "tests/[pwm]/test_a.py::test_a[x]",
        "tests/[pwm]",
    ],
)
def test_what_names_no_model_is_scoped_by_file(nodeid):
    assert model_named(nodeid, MODELS) is None
    assert model_scope(nodeid, MODELS) == nodeid.partition("::")[0]


def test_a_folder_with_brackets():
    assert model_named("tests/[x]/test_a.py::test_a[pwm]", MODELS) == "pwm"


def evals_in(pytester, text, *args, name="test_a.py"):
    file = pytester.path / name
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(text)
    return names_evals(pytester.parseconfig(*args))


@pytest.mark.parametrize(
    "text",
    [
        "def test_a(mit_verdict): mit_verdict()",
        "import pytest\n@pytest.mark.mit_claim('compensation')\ndef test_a(own): own()",
        "import pytest\npytestmark = pytest.mark.mit_claim('compensation')",
        "async def test_a(mit_model): ...",
        "from mit_harness.evals.test_compensation import *",
        "from mit_harness.evals import test_compensation",
        "class TestA:\n    def test_a(self, mit_scores): ...",
    ],
)
def test_evals_are_recognised(pytester, text):
    assert evals_in(pytester, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "'''mit_verdict'''  # mit_claim",
        "from mit_harness.plugin import run_of",
        "mit_verdict = 1",
        "def test_a(mit_verdict",
        "\0 mit_verdict",
    ],
)
def test_words_are_not_evals(pytester, text):
    assert not evals_in(pytester, text)


EVAL = "def test_a(mit_verdict): mit_verdict()"


def test_where_evals_are_looked_for(pytester):
    assert evals_in(pytester, EVAL, name="deep/er/test_a.py")
    assert evals_in(pytester, EVAL, "deep/er/test_a.py::test_a[pwm]")
    assert evals_in(pytester, EVAL, "named.py", name="named.py")
    assert not evals_in(pytester, EVAL, "elsewhere", "x" * 5000)
    (pytester.path / "elsewhere").mkdir()
    assert not evals_in(pytester, EVAL, "elsewhere")


@pytest.mark.parametrize("folder", ["build", ".hidden", "node_modules", "some.egg"])
def test_where_pytest_does_not_look(pytester, folder):
    assert not evals_in(pytester, EVAL, name=f"{folder}/test_a.py")


def test_folders_that_link_in_a_circle(pytester):
    (pytester.path / "round").symlink_to(pytester.path)
    assert not evals_in(pytester, "", name="test_b.py")


def test_evals_of_an_installed_package(pytester):
    assert names_evals(pytester.parseconfig("--pyargs", "mit_harness.evals"))
    assert names_evals(pytester.parseconfig("--pyargs", "mit_harness.evals.test_compensation"))
    assert not names_evals(pytester.parseconfig("--pyargs", "mit_harness.stats"))
    assert not names_evals(pytester.parseconfig("--pyargs", "no.such.package", "1/2"))


def test_each_worker_gets_a_gpu_of_its_own_in_turn(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-5")
    assert gpus() == ["3", "GPU-5"]
    assert [gpu_of(f"gw{k}") for k in range(3)] == ["3", "GPU-5", "3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert (gpus(), gpu_of("gw0")) == ([], None)


SHOWS = """
import os

import toys


def pytest_mit_register_models(registry):
    registry.add("gpu", lambda: toys.at(), fingerprint="1")


def pytest_sessionfinish(session):
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        with open("gpus.txt", "a") as file:
            file.write(f"{worker}={os.environ.get('CUDA_VISIBLE_DEVICES')} ")
"""


@pytest.mark.parametrize(
    ("args", "seen"),
    [((), {"gw0=7", "gw1=8"}), (("--mit-device", "cuda:1"), {"gw0=7,8", "gw1=7,8"})],
)
def test_workers_see_their_own_gpu_unless_a_device_is_named(project, monkeypatch, args, seen):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7,8")
    project.toys().write(conftest=SHOWS)
    result = project.run("-n", "2", "--mit-model", "gpu", *args)
    assert result.ret == 0
    assert set((project.path / "gpus.txt").read_text().split()) == seen


# --- memory that workers share ---


@pytest.mark.parametrize(
    ("args", "there", "device", "expected"),
    [
        ((), "0,1", None, (1, False)),
        (("--tx", "3*popen", "--tx", "popen"), "", None, (4, False)),
        (("--tx", "3*popen"), "0,1,2", None, (1, False)),
        (("--tx", "3*popen"), "0,1", None, (2, False)),
        (("--tx", "3*popen"), "0,1,2", "cuda", (3, False)),  # named: all take the same
        (("--tx", "3*popen"), "0,1,2", "cpu", (3, False)),
    ],
)
def test_how_many_workers_share_a_memory(pytester, monkeypatch, args, there, device, expected):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", there)
    assert sharing(pytester.parseconfig(*args), device, dist_given=False) == expected


def test_where_any_worker_may_get_any_model_two_may_hold_the_same(pytester, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    config = pytester.parseconfig("--tx", "2*popen")
    assert sharing(config, None, dist_given=True) == (2, True)
    assert sharing(pytester.parseconfig(), None, dist_given=True) == (1, False)
