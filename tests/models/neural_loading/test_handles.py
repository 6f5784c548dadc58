import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mit_harness.errors import ModelError
from mit_harness.models.base import ModelHandle, as_scores
from mit_harness.models.neural import checks, handles, presets
from mit_harness.models.neural.handles import TOLERANCES, hf_handle
from mit_harness.models.spec import Spec

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "lab/tiny"


def handle(text: str, **run: Any) -> ModelHandle:
    """Return the handle of a spec, parsed as the registry will."""
    target, _, query = text.partition("?")
    options = dict(pair.split("=", 1) for pair in query.split("&")) if query else {}
    scheme = "hf" if text.startswith("hf:") else ""
    return hf_handle(Spec(text, scheme, target.removeprefix("hf:"), options=options), **run)


def sequences(count: int, length: int = 60, seed: int = 0) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices("ACGT", k=length)) for _ in range(count)]


@pytest.mark.parametrize(
    ("family", "method"),
    [("llama", "log-likelihood"), ("neox", "log-likelihood"), ("esm", "pseudo-log-likelihood")],
)
def test_a_folder_is_scored(tiny: Any, family: str, method: str) -> None:
    folder, network = tiny.save(family, "my-lm")
    made = handle(f"hf:{folder}?context=12")
    assert made.name == "my-lm-context-12"
    assert (made.kind, made.method, made.lasting) == ("user", method, True)
    assert made.tolerance == 1e-3
    assert made.parameters == sum(p.numel() for p in network.parameters())
    assert made.options == {"context": "12", "dtype": "float32"}
    model = made.load()
    wanted = sequences(3)
    scores = as_scores(model.score(wanted), wanted, made.name)
    assert np.isfinite(scores.values).all()
    assert (scores.bases == 60).all()
    again = as_scores(handle(f"hf:{folder}?context=12").load().score(wanted[::-1]), wanted, "x")
    np.testing.assert_allclose(again.values[::-1], scores.values, rtol=0, atol=1e-4)
    model.close()


def test_rounding_stays_far_below_the_tolerance(tiny: Any) -> None:
    folder, _ = tiny.save("neox")
    wanted = sequences(4)

    def scores(dtype: str) -> Any:
        model = handle(f"hf:{folder}?dtype={dtype}&context=12").load()
        return as_scores(model.score(wanted), wanted, "x").values

    exact = scores("float64")
    for dtype in ("float32", "float16", "bfloat16"):
        assert np.abs(scores(dtype) - exact).max() < TOLERANCES[dtype]


def test_every_part_of_the_key_changes_it(tiny: Any) -> None:
    folder, _ = tiny.save("esm")
    other, _ = tiny.save("esm", "other")
    tiny.tokenizer(other, model_max_length=5)
    plain = handle(f"hf:{folder}").fingerprint
    assert plain == handle(f"hf:{folder}").fingerprint
    assert plain == handle(f"hf:{folder}?context=48&strand=forward&kind=masked").fingerprint
    changed = {
        handle(f"hf:{folder}?{query}").fingerprint
        for query in (
            *("context=0", "context=96", "strand=mean", "strand=reverse", "frames=6"),
            *("dtype=bfloat16", "kind=causal", f"tokenizer={other}"),
        )
    }
    assert len(changed | {plain}) == 9
    assert handle(f"hf:{folder}?device=cpu").fingerprint == plain  # rounding is the tolerance's
    assert handle(f"hf:{folder}?share=off").fingerprint == plain  # as is what sharing rounds
    assert str(folder) not in plain


def test_every_file_that_decides_a_score_is_in_the_key(tiny: Any, tmp_path: Path) -> None:
    folder, _ = tiny.save("llama")
    seen = {handle(f"hf:{folder}").fingerprint}
    tiny.configure(folder, rms_norm_eps=1e-3)
    seen.add(handle(f"hf:{folder}").fingerprint)
    tiny.configure(folder, "tokenizer_config.json", model_max_length=7)
    seen.add(handle(f"hf:{folder}").fingerprint)
    tensors = tiny.read(folder)
    tensors["model.norm.weight"] += 1
    tiny.write(folder, tensors)
    seen.add(handle(f"hf:{folder}").fingerprint)
    assert len(seen) == 4
    moved = folder.rename(tmp_path / "elsewhere")
    assert handle(f"hf:{moved}").fingerprint in seen


def test_the_scorer_and_the_libraries_are_in_the_key(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = tiny.save("llama")
    plain = handle(f"hf:{folder}").fingerprint
    monkeypatch.setattr(handles, "SCORER_VERSION", 99)
    newer = handle(f"hf:{folder}").fingerprint
    monkeypatch.setattr(handles, "version", lambda package: "4.40.0")
    assert len({plain, newer, handle(f"hf:{folder}").fingerprint}) == 3


def test_remote_code_is_in_the_key(tiny: Any) -> None:
    folder, _ = tiny.remote("bases", "BasesForCausalLM", "BasesConfig", model_type="bases")
    tiny.own_tokenizer(folder)
    spec = f"hf:{folder}?context=0"
    with pytest.raises(ModelError, match=rf"--mit-trust-remote-code 'hf:{folder}'"):
        handle(spec)
    made = handle(spec, trusted=[f"hf:{folder}"])
    wanted = sequences(3)
    scores = as_scores(made.load().score(wanted), wanted, "x")
    assert scores.tokens.tolist() == [59] * 3  # nothing stands before the first base
    with (folder / "bases.py").open("a") as code:
        code.write("\n# another\n")
    assert handle(spec, trusted=[spec]).fingerprint != made.fingerprint
    with pytest.raises(ModelError, match="its files changed since this run began"):
        made.load()


def test_a_file_that_changes_during_a_run(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    made = handle(f"hf:{folder}")
    tensors = tiny.read(folder)
    tensors["model.norm.weight"] += 1
    tiny.write(folder, tensors)
    with pytest.raises(ModelError, match="its files changed since this run began; run again"):
        made.load()


@pytest.fixture
def shared(hub: Any, tiny: Any) -> Any:
    hub.repositories[REPO] = tiny.save("llama")[0]
    return hub


def test_a_handle_of_the_hub_downloads_the_configuration_only(shared: Any) -> None:
    made = handle(f"hf:{REPO}@{COMMIT}")
    assert made.name == "tiny"
    assert made.parameters == 1234
    assert set(shared.bodies()) == {"config.json", "tokenizer_config.json"}
    assert f"hf:{REPO}@{COMMIT} files=" in made.fingerprint
    wanted = sequences(2)
    assert np.isfinite(as_scores(made.load().score(wanted), wanted, "x").values).all()
    assert "model.safetensors" in shared.bodies()
    shared.asked.clear()
    again = handle(f"hf:{REPO}@{COMMIT}", offline=True)
    assert again.fingerprint == made.fingerprint
    assert again.parameters != 1234  # counted in the file, now that it is here
    again.load()
    assert shared.asked == []


def test_a_branch_has_the_key_of_its_commit(shared: Any) -> None:
    assert handle(f"hf:{REPO}").fingerprint == handle(f"hf:{REPO}@{COMMIT}").fingerprint


def test_remote_code_of_the_hub(hub: Any, tiny: Any) -> None:
    folder, _ = tiny.remote("bases", "BasesForCausalLM", "BasesConfig", model_type="bases")
    tiny.own_tokenizer(folder)
    hub.repositories["lab/bases"] = folder
    full = f"hf:lab/bases@{COMMIT}"
    with pytest.raises(ModelError, match=f"and name the model '{full}' too"):
        handle("hf:lab/bases")
    with pytest.raises(ModelError, match=f"add --mit-trust-remote-code '{full}'"):
        handle(full, trusted=["hf:lab/other"])
    with pytest.raises(ModelError, match=f"name the full commit, '{full}', in both options"):
        handle("hf:lab/bases@main", trusted=["hf:lab/bases@main"])
    assert "bases.py" not in hub.bodies()
    wanted = sequences(2)
    scores = as_scores(handle(full, trusted=[full]).load().score(wanted), wanted, "x")
    assert np.isfinite(scores.values).all()
    assert "bases.py" in hub.bodies()


def test_code_that_names_its_own_repository(hub: Any, tiny: Any) -> None:
    folder, _ = tiny.remote("bases", "BasesForCausalLM", "BasesConfig", model_type="bases")
    tiny.own_tokenizer(folder)
    classes = {"AutoConfig": "BasesConfig", "AutoModelForCausalLM": "BasesForCausalLM"}
    named = {auto: f"lab/bases--bases.{made}" for auto, made in classes.items()}
    tiny.configure(folder, auto_map=named)
    tiny.configure(
        folder,
        "tokenizer_config.json",
        auto_map={"AutoTokenizer": ["lab/bases--bases.BasesTokenizer", None]},
    )
    hub.repositories["lab/bases"] = folder
    full = f"hf:lab/bases@{COMMIT}"
    made = handle(full, trusted=[full])
    made.load()
    hub.asked.clear()
    wanted = sequences(2)
    again = handle(full, trusted=[full], offline=True)
    assert np.isfinite(as_scores(again.load().score(wanted), wanted, "x").values).all()
    assert hub.asked == []
    with pytest.raises(ModelError, match=r"another repository \(lab/bases\)"):
        handle(f"hf:{folder}", trusted=[f"hf:{folder}"])


@pytest.fixture
def preset(hub: Any, tiny: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that makes a preset of a tiny checkpoint on the hub."""

    def make(**facts: Any) -> None:
        hub.repositories[REPO] = tiny.save("llama")[0]
        told = {"name": "tiny", "id": REPO, "kind": "causal", "revision": COMMIT, **facts}
        made = presets.Preset(**told)
        for module in (presets, handles, checks):
            monkeypatch.setattr(module, "PRESETS", {"tiny": made})

    return make


def test_a_preset_by_its_short_name(preset: Any, hub: Any) -> None:
    preset(parameters=77)
    made = handle("tiny?context=0")
    assert (made.name, made.kind) == ("tiny-context-0", "user")
    assert f"{REPO}@{COMMIT}" in made.fingerprint
    wanted = sequences(2)
    assert np.isfinite(as_scores(made.load().score(wanted), wanted, "x").values).all()
    assert handle(f"tiny@{COMMIT}").name == "tiny"


def test_how_a_repository_is_read_does_not_depend_on_its_name(preset: Any) -> None:
    preset(lower_case=True, prefix="A")
    with pytest.raises(ModelError, match="does not keep the bases"):
        handle(f"hf:{REPO}@{COMMIT}").load()
    preset(prefix="A")
    assert " prefix=A " in handle(f"hf:{REPO}@{COMMIT}").fingerprint


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"requires": presets.Requires({"no_such_module": "no-such-package"})},
            r"^'tiny' needs the package no_such_module \(pip install 'no-such-package'\); `mit-",
        ),
        ({"revision": None}, "no revision of lab/tiny is pinned here"),
        ({"pickle": True}, "saved as pickle at the pinned revision"),
        ({"loader": "evo"}, "a package of its own, which this version does not drive"),
    ],
)
def test_a_preset_fails_before_anything_is_asked_of_the_hub(
    preset: Any, hub: Any, facts: dict[str, Any], said: str
) -> None:
    preset(**facts)
    with pytest.raises(ModelError, match=said):
        handle("tiny")
    assert hub.asked == []


def test_pickle_is_a_matter_of_the_revision(preset: Any) -> None:
    preset(pickle=True)
    assert handle(f"tiny@{COMMIT}").name == "tiny"


def test_packages_that_are_missing(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_is_there", lambda module: module != "torch")
    with pytest.raises(ModelError, match=r"needs the package torch \(pip install 'mit-harness\[g"):
        handle("hf:./anything")


def test_the_real_presets_on_this_machine() -> None:
    with pytest.raises(ModelError, match=r"grover.*saved as pickle"):
        handle("grover")
    with pytest.raises(ModelError, match=r"'evo2-7b' needs the package evo2"):
        handle("evo2-7b")
    with pytest.raises(ModelError, match="8fe770c78eb13fe33bf81501612faeddf4d6f331"):
        handle("hyenadna", offline=True)


def test_a_tokenizer_of_another_folder(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    other, _ = tiny.save("esm", "other")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    wanted = sequences(2)
    model = handle(f"hf:{folder}?tokenizer={other}").load()
    assert np.isfinite(as_scores(model.score(wanted), wanted, "x").values).all()
    tiny.code(other, "bases")
    tiny.own_tokenizer(other)
    with pytest.raises(ModelError, match=r"the tokenizer hf:.*trusted only beside its weights"):
        handle(f"hf:{folder}?tokenizer={other}", trusted=[f"hf:{folder}"])


def test_an_unclear_kind(tiny: Any) -> None:
    folder, _ = tiny.save("bert")
    tiny.configure(folder, architectures=["BertForPreTraining"])
    with pytest.raises(ModelError, match=r"add \?kind=causal or \?kind=masked"):
        handle(f"hf:{folder}")
    assert handle(f"hf:{folder}?kind=masked").method == "pseudo-log-likelihood"


def test_devices(tiny: Any) -> None:
    import torch

    folder, _ = tiny.save("llama")
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="torch finds 0 NVIDIA GPUs, so there is no 'cuda:1'"):
            handle(f"hf:{folder}", device="cuda:1").load()
    if not torch.backends.mps.is_available():
        with pytest.raises(ModelError, match="torch finds no Apple GPU"):
            handle(f"hf:{folder}?device=mps").load()


def test_a_damaged_checkpoint_is_said_before_anything_is_scored(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelError, match="is damaged"):
        handle(f"hf:{folder}")


def test_a_handle_goes_to_another_process(tiny: Any) -> None:
    import pickle

    folder, _ = tiny.save("llama")
    made = handle(f"hf:{folder}?context=0")
    again = pickle.loads(pickle.dumps(made))
    wanted = sequences(2)
    np.testing.assert_array_equal(
        as_scores(again.load().score(wanted), wanted, "x").values,
        as_scores(made.load().score(wanted), wanted, "x").values,
    )


def test_slow_models_commit_often() -> None:
    bases = handles._batch_bases
    assert bases("causal", 3_281_664) == 500_000
    assert bases("masked", 204_816, 10) == 50_000  # a progress line that moves
    assert bases("masked", 204_816) == 5_000
    assert bases("causal", 500_000_000) == 10_000
    assert bases("masked", 117_000_000) == 427
    assert bases("masked", 7_000_000_000) == 200
    assert bases("masked", None) == 500


def test_what_a_fingerprint_says(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    told = handle(f"hf:{folder}").fingerprint
    assert told.startswith("hf:folder files=")
    assert json.dumps(told).isascii()
    for part in ("kind=causal", "dtype=float32", "strand=forward", "frames=1", "context=96:"):
        assert f" {part}" in told


def test_fewer_passes_are_in_name_method_and_fingerprint(tiny: Any) -> None:
    folder, _ = tiny.save("esm", "my-lm")
    exact, rough, finer = (handle(f"hf:{folder}{query}") for query in ("", "?masks=10", "?masks=5"))
    assert rough.name == "my-lm-masks-10"
    assert exact.method == "pseudo-log-likelihood"
    assert rough.method == "approximate pseudo-log-likelihood, masks=10"
    assert len({exact.fingerprint, rough.fingerprint, finer.fingerprint}) == 3
    assert " masks=10 " in rough.fingerprint
    assert "masks" not in exact.fingerprint  # scores made before there was the option stay known
    wanted = sequences(2)
    found = as_scores(rough.load().score(wanted), wanted, "x").values
    full = as_scores(exact.load().score(wanted), wanted, "x").values
    assert np.abs(found - full).max() > 1e-6
    many = as_scores(handle(f"hf:{folder}?masks=60").load().score(wanted), wanted, "x").values
    np.testing.assert_allclose(many, full, rtol=0, atol=1e-4)


def test_what_an_interruption_may_cost_is_counted_in_passes(tiny: Any) -> None:
    folder, _ = tiny.save("esm")
    found = {
        query: handle(f"hf:{folder}{query}").batch_bases or 0
        for query in ("", "?masks=10", "?masks=1000")
    }
    assert found["?masks=10"] == pytest.approx(10 * found[""], rel=0.01)
    assert found["?masks=1000"] == found[""]


def test_a_causal_model_has_no_masks(tiny: Any) -> None:
    folder, _ = tiny.save("llama")
    with pytest.raises(ModelError) as caught:
        handle(f"hf:{folder}?masks=10")
    assert str(caught.value) == (
        f"hf:{folder}: masks= is for masked models, and this one is causal: it reads a sequence "
        "once; leave it out"
    )
