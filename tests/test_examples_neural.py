"""The examples of a training loop and of an installable model run as their README says."""

import csv
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mit_harness.claims.base import Scored
from mit_harness.claims.registry import get_claim
from mit_harness.errors import ModelError
from mit_harness.promoter.core import DesignSpec

EXAMPLES = Path(__file__).parents[1] / "examples"
LOOP = EXAMPLES / "training_loop"
PACKAGE = EXAMPLES / "entry_point"


def python(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def searched(site: Path) -> str:
    return os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))


@pytest.fixture(scope="module")
def train() -> ModuleType:
    pytest.importorskip("torch", reason="the training loop needs torch (extra 'glm')")
    spec = importlib.util.spec_from_file_location("train", LOOP / "train.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def curve(
    train: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[dict[str, str]], str]:
    """Run the script; return the table that it wrote, and what it printed."""
    out = tmp_path_factory.mktemp("curve") / "curve.tsv"
    done = python("train.py", "--steps", "25", "--every", "20", "--out", str(out), cwd=LOOP)
    assert done.returncode == 0, done.stderr
    with out.open(newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t")), done.stdout


class TestTrainingLoop:
    def test_it_learns_to_count_and_not_where(self, curve):
        rows, _ = curve
        assert [row["step"] for row in rows] == ["0", "20", "25"]
        bits = [float(row["bits_per_base"]) for row in rows]
        assert bits[0] > 2 > bits[1] > bits[2]
        assert rows[-1]["compensation"] == "holds"
        assert rows[-1]["scrambled_control"] != "holds"
        for row in rows:
            for name in ("css", "scr_decoy"):
                low, value, high = (float(row[name + end]) for end in ("_low", "", "_high"))
                assert 0 <= low <= value <= high <= 1

    def test_it_prints_the_same_table(self, curve):
        rows, printed = curve
        head, *lines = printed.splitlines()
        assert " ".join(head.split()) == "step bits/base CSS [95 % CI] SCR decoy [95 % CI]"
        for row, line in zip(rows, lines, strict=True):
            assert line.split()[0] == row["step"]
            assert f"{float(row['css']):.2f} [{float(row['css_low']):.2f}, " in line
            assert f"{float(row['scr_decoy']):.2f} [" in line
            assert row["compensation"] in line

    def test_nothing_is_written_unless_asked(self, curve):
        assert sorted(p.name for p in LOOP.iterdir() if p.name != "__pycache__") == ["train.py"]

    def test_the_network_is_small_and_causal(self, train):
        import torch

        torch.manual_seed(1)
        model = train.CausalConvolution().eval()
        assert sum(p.numel() for p in model.parameters()) < 100_000
        codes = torch.randint(0, 4, (1, 150))
        with torch.no_grad():
            before = model(codes)
            codes[0, 100] = (codes[0, 100] + 1) % 4
            change = (model(codes) - before).abs().amax(dim=2)[0]
        assert float(change[:101].max()) == 0
        assert float(change[101:165].min()) > 0
        assert float(change[165:].abs().sum()) == 0

    def test_scores_are_log_likelihoods_of_the_sequence_alone(self, train):
        import torch

        model = train.CausalConvolution().eval()
        with torch.no_grad():
            model.head.weight.zero_()
            model.head.bias.copy_(torch.tensor([0.4, 0.3, 0.2, 0.1]).log())
        found = train.log_likelihood(model, ["ACGT", "AAAA"])
        expected = np.log([0.4 * 0.3 * 0.2 * 0.1, 0.4**4])
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_it_judges_as_an_eval_does(self, train):
        def at_count(sequences: Sequence[str]) -> np.ndarray:
            return np.array([float(s.count("A") + s.count("T")) for s in sequences])

        found = train.row(7, 1.9, at_count)
        assert list(found) == list(train.COLUMNS)
        claim, spec = get_claim("scrambled_control"), DesignSpec(n=50)
        made = claim.design(spec)
        values = at_count([item.sequence for item in made])
        result = claim.judge(
            Scored(made, values), protocol="matched", seed=42, tolerance=train.TOLERANCE
        )
        metric = result.parts[0].metric
        assert (found["scr_decoy"], found["scr_decoy_low"]) == (metric.value, metric.ci_low)
        assert found["scrambled_control"] == str(result.verdict) == "refuted"
        assert found["compensation"] == "holds"

    def test_a_model_that_diverged_is_an_error(self, train):
        with pytest.raises(ModelError, match=r"step 3: error: .* must be a finite number"):
            train.row(3, float("nan"), lambda sequences: np.full(len(sequences), np.nan))

    def test_a_table_is_written_whole_or_not_at_all(self, train, tmp_path):
        path = tmp_path / "curve.tsv"
        path.write_text("the old one")
        with pytest.raises(ValueError, match="unknown"):
            train.write([{"step": 0}, {"unknown": 1}], path)
        assert path.read_text() == "the old one"
        assert [p.name for p in tmp_path.iterdir()] == ["curve.tsv"]


class TestEntryPoint:
    EVAL = (
        *("-m", "pytest", "-p", "no:cacheprovider", "--pyargs", "mit_harness.evals"),
        *("--mit-model", "at-run", "-k", "compensation or scrambled_control"),
    )

    def judged(self, tmp_path: Path, site: Path) -> str:
        done = python(
            *self.EVAL,
            *("--mit-report", str(tmp_path / "report")),
            cwd=tmp_path,
            PYTHONPATH=searched(site),
            MIT_HARNESS_STORE=str(tmp_path / "s.sqlite"),
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.stdout

    def test_its_name_is_known_where_it_is_installed(self, tmp_path):
        """Installed by hand, as pip lays it out: the module, and what pyproject.toml declares."""
        project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
        site = tmp_path / "site"
        info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir(parents=True)
        shutil.copy(PACKAGE / "at_run.py", site)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        ((group, points),) = project["entry-points"].items()
        lines = [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")

        printed = self.judged(tmp_path, site)
        assert "1 failed, 1 passed" in printed
        assert "at-run compensation holds" in printed

    def test_pip_installs_it(self, tmp_path):
        pytest.importorskip("setuptools", minversion="77", reason="pip may not download it here")
        pytest.importorskip("pip", reason="this environment has no pip")
        copy = shutil.copytree(PACKAGE, tmp_path / "package")  # a build leaves files behind
        site = tmp_path / "site"
        done = python(
            *("-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--no-build-isolation", "--target", str(site), str(copy)),
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        found = python(
            "-c",
            "from mit_harness.models.registry import Registry\n"
            "handle = Registry().resolve('at-run')\n"
            "print(handle.fingerprint, handle.load().score(['ACGTTAC']))",
            cwd=tmp_path,
            PYTHONPATH=searched(site),
        )
        assert found.stdout.split() == ["at-run?:mit-at-run", "1.0", "[3.0]"], found.stderr
