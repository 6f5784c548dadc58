"""One small Ray cluster for all tests of this folder: two nodes of one CPU each."""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

NODE = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}

MODELS = '''
"""Models that write down what they score, and one that ends its process."""

import os
import pathlib

HERE = pathlib.Path(__file__).parent


def _noted(sequences, name="scored.txt"):
    with (HERE / name).open("a") as file:
        file.write("".join(f"{s}\\n" for s in sequences))
    return [float(s.count("A")) for s in sequences]


def dies_once():
    """Is killed, as by lack of memory, at the third batch."""
    with (HERE / "loads.txt").open("a") as file:
        file.write(f"{os.getpid()}\\n")
    if os.environ["OMP_NUM_THREADS"] != "1":
        raise ValueError("threads")

    def score(sequences):
        values = _noted(sequences)
        if len((HERE / "scored.txt").read_text().split()) > 10:
            try:
                with (HERE / "killed.txt").open("x") as file:
                    file.write("\\n".join(sequences))
            except FileExistsError:
                return values
            os._exit(9)
        return values
    return score


def dies_always():
    """Never survives a sequence that ends with GGGG."""
    def score(sequences):
        if any(s.endswith("GGGG") for s in sequences):
            os._exit(9)
        return _noted(sequences)
    return score


def broken():
    def score(sequences):
        _noted(sequences, "broken.txt")
        raise ValueError("no good")
    return score


def slow():
    """Takes long enough for a node to be removed meanwhile."""
    import time

    def score(sequences):
        time.sleep(0.3)
        return _noted(sequences)
    return score


for model in (dies_once, dies_always, broken, slow):
    model.fingerprint = model.__name__ + "-1"
'''


class Folder:
    """A folder with models of its own, and what they did."""

    def __init__(self, path: Path, module: str) -> None:
        self.path, self.module = path, module
        (path / f"{module}.py").write_text(MODELS)

    def spec(self, name: str) -> str:
        return f"py:{self.module}:{name}"

    def scored(self, name: str = "scored.txt") -> Counter[str]:
        file = self.path / name
        return Counter(file.read_text().split() if file.exists() else ())

    def killed(self) -> list[str]:
        return (self.path / "killed.txt").read_text().split()


@pytest.fixture(scope="session")
def ray_cluster():
    """Start Ray once; skip where it is not installed."""
    pytest.importorskip("ray", reason="needs the extra 'ray'")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args=NODE)
    started.second = started.add_node(**NODE)
    ray.init(address=started.address, log_to_driver=False, logging_level="ERROR")
    yield started
    ray.shutdown()
    started.shutdown()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder of a test, whose models nobody else has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    made = Folder(tmp_path, f"models_{tmp_path.name}")
    yield made
    sys.modules.pop(made.module, None)
