"""The reference language models of the package: known without loading, left out in one line."""

import json
import struct
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from mit_harness.claims.registry import CLAIMS
from mit_harness.errors import ModelError
from mit_harness.models import references
from mit_harness.models.base import ModelHandle
from mit_harness.models.embedded import EMBEDDED
from mit_harness.models.neural import checks
from mit_harness.models.neural.presets import PRESETS
from mit_harness.models.references import FILES, REFERENCES
from mit_harness.models.registry import SETS, Registry

NAMES = ("ecoli-causal", "ecoli-masked", "promoter-causal")
ARCHITECTURES = {"causal": "LlamaForCausalLM", "masked": "EsmForMaskedLM"}
SHIPPED = all((model.folder / name).is_file() for model in REFERENCES.values() for name in FILES)


def write_checkpoint(folder: Path, likelihood: str) -> None:
    """Write files such as a checkpoint has, whose one tensor is 24 bytes long."""
    folder.mkdir(parents=True)
    config = {"architectures": [ARCHITECTURES[likelihood]]}
    (folder / "config.json").write_text(json.dumps(config))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text("{}")
    table = {"weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
    header = json.dumps(table).encode()
    data = struct.pack("<Q", len(header)) + header + bytes(24)
    (folder / "model.safetensors").write_bytes(data)


def shipped_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the checkpoints as they lie there for those that were shipped."""
    known = {name: references.checksum(model.folder) for name, model in REFERENCES.items()}
    monkeypatch.setattr(references, "SHA256", known)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that holds the checkpoints, where every package that they need is installed."""
    for model in REFERENCES.values():
        write_checkpoint(tmp_path / "checkpoints" / model.name, model.likelihood)
    monkeypatch.setattr(references, "CHECKPOINTS", tmp_path / "checkpoints")
    shipped_now(monkeypatch)
    monkeypatch.setattr(references, "find_spec", lambda name: object())
    monkeypatch.setattr(checks, "_is_there", lambda name: True)
    return tmp_path / "checkpoints"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without torch and transformers."""
    absent = ("torch", "transformers", "safetensors", "huggingface_hub")
    for module, name in ((references, "find_spec"), (checks, "_is_there")):
        monkeypatch.setattr(module, name, lambda n: None if n in absent else find_spec(n))


def named(spec: str) -> list[str]:
    return [handle.name for handle in Registry().resolve_all([spec])]


def only(spec: str) -> ModelHandle:
    return Registry().resolve(spec)


def test_names_are_folders_and_hold_no_claim_and_no_other_model():
    assert tuple(REFERENCES) == NAMES
    for name, model in REFERENCES.items():
        assert model.name == name
        assert model.folder == references.CHECKPOINTS / name
        assert not [claim for claim in CLAIMS if claim in name or name in claim]
        assert "has seen the genome" in model.summary
        assert "NC_000913.3" in model.seen
    assert not set(REFERENCES) & {*EMBEDDED, *PRESETS, *SETS}
    assert [model.masks for model in REFERENCES.values()] == [None, 10, None]


def test_the_sets(there):
    assert named("controls") == list(EMBEDDED)
    assert named("references") == list(NAMES)
    assert named("embedded") == [*EMBEDDED, *NAMES]  # the quick ones first
    both = Registry().resolve_all(["references", "pwm", "embedded", "ecoli-causal"])
    assert [handle.name for handle in both][:4] == [*NAMES, "pwm"]
    assert len(both) == len(EMBEDDED) + 3


def test_nothing_is_loaded_to_know_a_reference(there):
    handle = only("ecoli-masked")
    assert (handle.name, handle.kind, handle.lasting) == ("ecoli-masked", "reference", True)
    assert handle.method == "approximate pseudo-log-likelihood, masks=10"
    assert " masks=10 " in handle.fingerprint
    assert str(there) not in handle.fingerprint  # the same wherever the package is installed
    assert handle.parameters == 6
    assert handle.seen == REFERENCES["ecoli-masked"].seen
    causal = only("ecoli-causal")
    assert causal.method == "log-likelihood"
    assert " context=96:" in causal.fingerprint


def test_options_are_those_of_any_neural_model(there):
    handle = only("ecoli-masked?masks=100&context=0")
    assert handle.name == "ecoli-masked-context-0-masks-100"
    assert handle.method.endswith("masks=100")
    assert only("ecoli-causal?device=cpu").fingerprint == only("ecoli-causal").fingerprint
    assert only("ecoli-causal?dtype=float64").tolerance == 1e-9
    with pytest.raises(ModelError, match="'ecoli-causal\\?mask=1': no option 'mask'; did you mean"):
        only("ecoli-causal?mask=1")
    with pytest.raises(ModelError, match="ecoli-causal: masks= is for masked models"):
        only("ecoli-causal?masks=10")


def test_a_changed_file_is_another_model(there, monkeypatch):
    before = {name: only(name).fingerprint for name in NAMES}
    assert before["ecoli-causal"] == before["promoter-causal"]  # the same files, in this test
    (there / "ecoli-causal" / "tokenizer.json").write_text('{"a": 1}')
    shipped_now(monkeypatch)
    after = {name: only(name).fingerprint for name in NAMES}
    assert {name for name in NAMES if before[name] != after[name]} == {"ecoli-causal"}


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_one_sentence(there, file):
    (there / "ecoli-causal" / file).unlink()
    for spec in ("ecoli-causal", "references", "embedded"):  # never silently left out
        with pytest.raises(ModelError) as caught:
            Registry().resolve_all([spec])
        assert str(caught.value) == (
            f"'ecoli-causal': {file} is missing in the installed package; reinstall mit-harness "
            "(pip install --force-reinstall mit-harness)"
        )
    assert named("controls") == list(EMBEDDED)


@pytest.mark.parametrize(
    ("file", "data", "said"),
    [
        ("config.json", b"{", "is no JSON"),
        ("tokenizer.json", b"\xff\xfe", "is no JSON"),
        ("model.safetensors", b"", "is damaged or no safetensors file"),
        ("model.safetensors", None, "it is cut short"),
    ],
)
def test_a_damaged_file_is_one_sentence(there, file, data, said):
    path = there / "ecoli-masked" / file
    path.write_bytes(path.read_bytes()[:-1] if data is None else data)
    with pytest.raises(ModelError) as caught:
        only("ecoli-masked")
    text = str(caught.value)
    assert said in text
    assert text.endswith("reinstall mit-harness (pip install --force-reinstall mit-harness)")
    assert "download" not in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("model.safetensors", bytes(24), bytes(23) + b"\x01"),
        ("config.json", b"LlamaForCausalLM", b"LlamaForCausalLm"),
    ],
)
def test_a_file_that_is_whole_but_another_is_one_sentence(there, file, old, new):
    path = there / "promoter-causal" / file
    path.write_bytes(path.read_bytes().replace(old, new))
    for spec in ("promoter-causal", "references", "embedded"):
        with pytest.raises(ModelError, match="is damaged or was changed") as caught:
            Registry().resolve_all([spec])
        assert str(caught.value).endswith("(pip install --force-reinstall mit-harness)")
        assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("without")
def test_without_the_extra_they_are_left_out_in_one_line():
    registry = Registry()
    assert [handle.name for handle in registry.resolve_all(["embedded"])] == list(EMBEDDED)
    assert registry.notes == [
        "not run: 3 reference models need torch and transformers: pip install 'mit-harness[glm]'"
    ]
    registry = Registry()
    registry.resolve_all(["controls"])
    assert registry.notes == []


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("spec", [*NAMES, "references"])
def test_named_outright_they_say_what_is_missing(spec):
    with pytest.raises(ModelError) as caught:
        Registry().resolve_all([spec])
    assert "' needs the packages torch, transformers, safetensors, huggingface_hub " in str(
        caught.value
    )
    assert "pip install 'mit-harness[glm]'" in str(caught.value)


@pytest.mark.parametrize("name", [*NAMES, *SETS])
def test_their_names_are_taken(name):
    with pytest.raises(ModelError, match="registered already"):
        Registry().add(name, list)


def test_a_misspelt_name_is_told():
    with pytest.raises(ModelError, match="did you mean 'ecoli-masked'"):
        Registry().resolve("ecoli-maskd")


@pytest.mark.skipif(not SHIPPED, reason="the trained checkpoints are not in this package yet")
def test_the_shipped_checkpoints_are_whole_small_and_known_without_torch():
    for model in REFERENCES.values():
        references.check_files(model, model.name)
        assert sum((model.folder / name).stat().st_size for name in FILES) < 4_000_000
        extra = {path.name for path in model.folder.iterdir()} - {*FILES}
        assert extra <= {"generation_config.json"}  # transformers writes it and nothing reads it
    for module in ("torch", "transformers", "safetensors", "huggingface_hub"):
        pytest.importorskip(module, reason="a handle is made only where it could be loaded")
    code = (
        "import sys\nfrom mit_harness.models.registry import Registry\n"
        "names = [handle.name for handle in Registry().resolve_all(['embedded'])]\n"
        f"assert names[-3:] == {list(NAMES)}, names\n"
        "assert not {'torch', 'transformers'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_wheel_takes_every_file_of_a_checkpoint():
    """The wheel itself is looked into by `tox -e wheel`."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["mit_harness.models"]
    package = Path(references.__file__).parent
    for model in REFERENCES.values():
        for name in FILES:
            file = (model.folder / name).relative_to(package)
            assert any(file.match(pattern) for pattern in patterns), file
