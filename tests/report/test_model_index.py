"""The model-index block of a model card: whole, readable by the hub's own code, for one model."""

import builtins
from importlib.util import find_spec

import pytest

from mit_harness.errors import ReportError
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.leaderboard.model_index import card_model, to_model_index

needs_hub = pytest.mark.skipif(
    find_spec("huggingface_hub") is None, reason="huggingface_hub is not installed (extra 'glm')"
)


def board(make, **specs):
    claims = [
        make.claim(
            metrics={
                "css": make.metric(role="deciding", threshold=0.5),
                "other": make.metric(0.1),
                "mes": make.metric(float("inf"), role="deciding"),
                "undefined": make.metric(None, role="guard"),
            },
            p=0.004,
        ),
        make.claim("scrambled_control", "refuted", p=None),
        make.claim("composition", "measured", metrics={"at_r": make.metric(0.2)}),
    ]
    models = [
        make.model(name, claims, spec=spec, revision="0123abcd" * 5) for name, spec in specs.items()
    ]
    run = make.results(*models).run
    return Board(make.design(), models, {m.name: (run,) for m in models}, harness="0.1.0")


def loaded(text):
    import yaml
    from huggingface_hub.repocard_data import ModelCardData, model_index_to_eval_results

    content = yaml.safe_load(text)
    name, results = model_index_to_eval_results(content["model-index"])
    card = ModelCardData(**content)
    assert card.eval_results == results
    assert yaml.safe_load(card.to_yaml()) == content
    return name, results


@needs_hub
def test_the_block_comes_back_as_it_was_written(make):
    name, results = loaded(to_model_index(board(make, m="hf:org/name@0123?dtype=float16")))
    assert name == "org/name"
    found = [(r.dataset_config, r.metric_type, r.metric_value) for r in results]
    assert found == [
        ("compensation", "verdict", "holds"),
        ("compensation", "css", 0.63),
        ("scrambled_control", "verdict", "refuted"),
        ("composition", "at_r", 0.2),
    ]
    css = results[1]
    assert (css.metric_args["ci_low"], css.metric_args["ci_high"]) == (0.53, 0.72)
    assert css.metric_args["role"] == "deciding"
    facts = css.dataset_args
    assert facts["model_revision"] == "0123abcd" * 5
    assert facts["claim_version"] == 1
    assert facts["dtype"] == "float16"
    assert facts["date"] == "2026-11-21"
    assert css.dataset_split == "test"


@needs_hub
def test_a_model_that_was_named_needs_no_hub(make):
    made = board(make, a="pwm", b="hf:org/name")
    assert loaded(to_model_index(made, "a"))[0] == "a"


@needs_hub
@pytest.mark.parametrize(
    "name", ["a: b # c", "- x\n---\n{y}", "'\"", "\x1b[31m", "!!python/object:os.system", "x" * 200]
)
def test_hostile_names_stay_text(make, name):
    from mit_harness.errors import printable

    assert loaded(to_model_index(board(make, **{name: "py:m:load"}), name))[0] == printable(name)


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        ({"a": "pwm"}, "no model with a spec"),
        ({"a": "hf:o/a", "b": "hf:o/b"}, "several models with a spec"),
        ({"a": "hf:./folder/x"}, "no model with a spec"),
        ({}, "they hold no model"),
    ],
)
def test_which_model_is_meant_has_to_be_clear(make, specs, said):
    with pytest.raises(ReportError, match=said):
        card_model(board(make, **specs))


def test_a_preset_is_known_by_its_repository(make):
    assert card_model(board(make, a="pwm", b="hyenadna")).name == "b"


def test_an_unknown_name_lists_near_ones(make):
    with pytest.raises(ReportError, match="did you mean 'model-a'"):
        card_model(board(make, **{"model-a": "pwm"}), "model-b")


def test_without_huggingface_hub_it_says_what_to_install(make, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("huggingface_hub"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReportError, match=r"pip install 'mit-harness\[glm\]'"):
        to_model_index(board(make, a="hf:o/a"))


@needs_hub
def test_a_model_without_claims_has_no_block(make):
    model = make.model("a")
    with pytest.raises(ReportError, match="no claim"):
        to_model_index(Board(make.design(), [model], {"a": ()}), "a")
