import re
import subprocess
import sys
from dataclasses import fields

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.embedded import EMBEDDED
from mit_harness.models.neural.options import is_commit
from mit_harness.models.neural.presets import PRESETS, Preset, find_preset, memory_gb
from mit_harness.models.spec import safe_name

NAMED = (
    *("hyenadna", "hyenadna-tiny-1k", "hyenadna-medium-160k", "nt-500m", "nt-v2-500m", "dnabert2"),
    *("grover", "caduceus-ph", "caduceus-ps", "evo2-1b", "evo2-7b", "evo2-40b"),
    *("evo1", "generator", "gpn", "glm2", "plantcaduceus"),
)


def test_every_model_that_is_named_has_a_preset() -> None:
    assert set(NAMED) == set(PRESETS)
    assert not set(PRESETS) & set(EMBEDDED)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_every_preset_is_whole(preset: Preset) -> None:
    assert safe_name(preset.name) == preset.name
    assert preset.revision is None or is_commit(preset.revision)
    assert preset.facts.endswith(".")
    assert len(preset.facts) <= 80
    if preset.loader == "transformers":
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", preset.id)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_every_fact_has_a_source(preset: Preset) -> None:
    told = {field.name for field in fields(Preset)}
    assert set(preset.sources) <= told
    for name in ("id", "revision", "licence", "parameters", "prefix", "lower_case", "max_tokens"):
        fact = getattr(preset, name)
        if fact:
            assert name in preset.sources, f"{preset.name}: where is {name} from?"


def test_names_and_revisions() -> None:
    assert find_preset("pa-pwm") is None
    hyena = PRESETS["hyenadna"]
    assert find_preset("hyenadna") == (hyena, None)
    assert find_preset("hyenadna@v1") == (hyena, "v1")
    assert hyena.source(None).revision == "8fe770c78eb13fe33bf81501612faeddf4d6f331"
    assert hyena.source("v1").revision == "v1"
    with pytest.raises(ModelError, match="names no revision"):
        find_preset("hyenadna@")


def test_a_preset_without_a_revision_demands_one() -> None:
    with pytest.raises(ModelError, match=r"no revision of InstaDeepAI/.* nt-500m@REVISION"):
        find_preset("nt-500m")
    assert find_preset("nt-500m@abc") == (PRESETS["nt-500m"], "abc")
    assert find_preset("evo2-7b") is not None  # a package pins its own weights


def test_listing_presets_imports_nothing_heavy() -> None:
    code = (
        "import sys; import mit_harness.models.neural.presets, mit_harness.models.neural.checks; "
        "print(sorted({'numpy', 'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_memory_is_parameters_and_an_overhead() -> None:
    assert memory_gb(500_000_000, "float32") == 3.0
    assert memory_gb(500_000_000, "bfloat16") == 2.0
    assert memory_gb(None, "float32") is None
    assert PRESETS["gpn"].memory_gb() is None
