from typing import Any

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural import checks
from mit_harness.models.neural.checks import (
    check_text,
    missing,
    missing_base,
    refuse_missing,
)
from mit_harness.models.neural.presets import PRESETS
from mit_harness.models.registry import Registry


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that says what this machine has."""

    def has(
        *,
        without: tuple[str, ...] = (),
        also: tuple[str, ...] = (),
        gpu: tuple[int, int] | None = None,
        transformers: str = "5.23.0",
    ) -> None:
        base = {*checks.BASE, *also} - set(without)
        monkeypatch.setattr(checks, "_is_there", lambda module: module in base)
        versions = dict.fromkeys(base, "1.0") | {"transformers": transformers}
        known = {name: text for name, text in versions.items() if name in base}
        monkeypatch.setattr(checks, "_version", known.get)
        monkeypatch.setattr(checks, "_capability", lambda: gpu)

    return has


def test_nothing_is_missing(machine: Any) -> None:
    machine()
    assert missing_base() == []
    assert missing(PRESETS["hyenadna"]) == []


def test_the_extra_is_named(machine: Any) -> None:
    machine(without=("torch", "safetensors"))
    assert missing_base() == ["the packages torch, safetensors (pip install 'mit-harness[glm]')"]
    machine(without=("torch",))
    assert missing(PRESETS["hyenadna"])[0].startswith("the package torch (pip install")


@pytest.mark.parametrize(
    ("name", "has", "said"),
    [
        ("caduceus-ps", {"transformers": "4.57.6"}, ["mamba_ssm (pip install 'mamba-ssm')", "GPU"]),
        ("caduceus-ps", {"gpu": (8, 0), "also": ("mamba_ssm",)}, ["transformers <5, where 5.23.0"]),
        ("nt-v2-500m", {"transformers": "4.57.0"}, ["<4.57, where 4.57.0", "'transformers<4.57'"]),
        ("nt-v2-500m", {"transformers": "4.56.2"}, []),
        ("dnabert2", {"transformers": "4.46.3"}, ["einops (pip install 'einops')"]),
        (
            "dnabert2",
            {"transformers": "4.46.3", "also": ("einops", "triton")},
            ["no triton on a CPU (pip uninstall triton)"],
        ),
        ("dnabert2", {"transformers": "4.46.3", "also": ("einops",)}, []),
        (
            "dnabert2",
            {"transformers": "4.46.3", "also": ("einops", "triton"), "gpu": (8, 0)},
            [],
        ),
        (
            "evo2-1b",
            {"gpu": (8, 0), "also": ("evo2", "flash_attn", "transformer_engine")},
            ["Hopper"],
        ),
        ("evo2-1b", {"gpu": (9, 0), "also": ("evo2", "flash_attn", "transformer_engine")}, []),
        ("evo2-7b", {"gpu": (8, 0), "also": ("evo2", "flash_attn")}, []),
        ("evo2-7b", {}, ["evo2 (pip install 'evo2')", "a machine with CUDA"]),
        ("gpn", {}, ["gpn (pip install 'git+https://github.com/songlab-cal/gpn.git')"]),
    ],
)
def test_what_is_missing(machine: Any, name: str, has: dict[str, Any], said: list[str]) -> None:
    machine(**has)
    found = missing(PRESETS[name])
    assert bool(found) == bool(said)
    for text in said:
        assert any(text in clause for clause in found), found


def test_one_sentence_says_all_of_it(machine: Any) -> None:
    machine()
    with pytest.raises(ModelError) as caught:
        refuse_missing(PRESETS["caduceus-ps"], "caduceus-ps?context=0")
    said = str(caught.value)
    assert said.startswith("'caduceus-ps?context=0' needs the package mamba_ssm (pip install ")
    assert "; and transformers <5, where 5.23.0 is installed" in said
    assert said.endswith("`mit-harness models --check caduceus-ps` shows all that it needs")


@pytest.mark.parametrize("name", list(PRESETS))
@pytest.mark.parametrize("gpu", [None, (9, 0)])
def test_the_text_of_every_check_fits(machine: Any, name: str, gpu: tuple[int, int] | None) -> None:
    machine(gpu=gpu)
    text = check_text(name)
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith(f"{name}: {PRESETS[name].id}\n")
    assert ("Nothing is missing." in text) != ("Missing:" in text)
    assert "licence: " in text
    assert "revision: " in text


def test_what_a_check_says(machine: Any) -> None:
    machine()
    text = check_text("hyenadna@v1")
    assert "transformers 5.23.0" in text
    assert "parameters: 3,281,664" in text
    assert "licence: BSD-3-Clause" in text
    assert "about 1.0 GB in float32" in text
    assert "free disk" in text
    assert "add --mit-trust-remote-code hyenadna" in " ".join(text.split())
    assert "- weights as safetensors: at this revision they are pickle" in check_text("grover")
    assert "about 81.0 GB in bfloat16" in check_text("evo2-40b")
    assert "none pinned; write glm2@REVISION" in " ".join(check_text("glm2").split())


def test_a_model_that_nothing_drives_says_what_to_do_instead(machine: Any) -> None:
    machine(also=("evo", "flash_attn"), gpu=(9, 0))  # installed or not
    said = " ".join(check_text("evo1").split())
    assert "Missing: - a scorer here: it runs through a package of its own, which this" in said
    assert "`mit-harness import-scores`, or wrap it in a function" in said
    assert "the package evo (" not in said
    with pytest.raises(ModelError, match=r"'evo1': it runs .* this version does not drive; score"):
        Registry().resolve("evo1")


def test_a_check_of_nothing() -> None:
    with pytest.raises(ModelError, match="no preset 'hyenadan'; did you mean 'hyenadna'"):
        check_text("hyenadan")


def test_this_machine_says_what_it_has() -> None:
    assert (checks.machine_memory_gb() or 1) > 0
    assert (checks.free_disk_gb(checks.Path("/no/such/place")) or 1) > 0
    assert checks._version("no-such-package-at-all") is None
    assert not checks._is_there("no_such_module.at_all")
