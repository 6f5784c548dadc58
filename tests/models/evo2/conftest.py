"""The stand-in, imported by its path, and put where the real package would be."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def stand_in() -> Iterator[ModuleType]:
    torch = pytest.importorskip("torch", reason="the stand-in for Evo 2 is made of torch")
    path = Path(__file__).with_name("stand_in.py")
    spec = importlib.util.spec_from_file_location("evo2", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the network is so small that threads only wait for each other
    yield module
    torch.set_num_threads(threads)


@pytest.fixture
def machine(stand_in: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Let this machine look as if it had the package and an H100, and run on its CPU instead."""
    pytest.importorskip("huggingface_hub", reason="package evo2 brings huggingface_hub")
    from mit_harness.models.neural import evo2, evo2_scorer

    monkeypatch.setitem(sys.modules, "evo2", stand_in)
    monkeypatch.setattr(evo2.checks, "missing", lambda preset: [])
    monkeypatch.setattr(evo2, "projections", lambda: "bfloat16")
    monkeypatch.setattr(evo2, "_PYTHON", (99,))
    monkeypatch.setattr(evo2, "_capability", lambda: (9, 0))
    monkeypatch.setattr(evo2_scorer, "DEVICE", "cpu")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return stand_in
