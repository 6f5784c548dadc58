"""Without the extra `glm` the baselines run, and neural models say what they need."""

import subprocess
import sys

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural.checks import missing_base
from mit_harness.models.registry import Registry

NEURAL = ("torch", "transformers", "safetensors", "huggingface_hub")


def test_the_tests_of_loading_ran():
    for module in NEURAL:
        pytest.importorskip(module, reason="tests/models/neural_loading needs the extra 'glm'")


def test_nothing_of_it_is_imported_by_the_plugin_or_the_registry():
    code = "import sys, mit_harness.plugin; from mit_harness.models.registry import Registry\n"
    code += "Registry().resolve_all(['controls']); Registry().names()\n"
    code += f"assert not [m for m in {NEURAL} if m in sys.modules], sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_model_that_needs_it_says_so_before_anything_is_downloaded(monkeypatch):
    from importlib.util import find_spec

    from mit_harness.models.neural import checks

    monkeypatch.setattr(
        checks, "_is_there", lambda name: name not in NEURAL and find_spec(name) is not None
    )
    assert missing_base()
    for spec in ("hf:ORG/NAME@main", "grover@main", "nt-500m@main"):
        with pytest.raises(ModelError, match=r"mit-harness\[glm\]"):
            Registry().resolve(spec)
