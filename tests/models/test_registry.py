"""From a spec to a model: embedded, of a conftest, of another package, of a file of one's own."""

import sys
import textwrap
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from mit_harness.errors import InputError, ModelError
from mit_harness.models import registry as module
from mit_harness.models.base import Model, as_scores
from mit_harness.models.embedded import EMBEDDED
from mit_harness.models.registry import Registry
from mit_harness.promoter.sequence_set import SequenceSet, make_items

PAIR = ["ACGTACGT", "AAAAAAAA"]
MINE = """
import numpy as np

CALLS = []


class WithClose:
    closed = False

    def score(self, sequences):
        return np.array([float(s.count("A")) for s in sequences])

    def close(self):
        self.closed = True


class WithoutClose:
    def score(self, sequences):
        return [float(s.count("A")) for s in sequences]


def model():
    CALLS.append("model")
    return WithClose()


def without_close():
    return WithoutClose()


def plain():
    return lambda sequences: np.array([float(s.count("A")) for s in sequences])


def listing():
    return lambda sequences: [s.count("A") for s in sequences]


def weighted(weight, *, base="A"):
    return lambda sequences: [float(weight) * s.count(base) for s in sequences]


def raising():
    raise OSError("no weights\\nat all")


def junk():
    return 7


def scorer(sequences):
    return [1.0 for _ in sequences]


def stated():
    return plain()


def asked():
    return plain()


def failing():
    return plain()


def numbered():
    return plain()


stated.fingerprint = "mine 1"
asked.fingerprint = lambda: "mine 2"
failing.fingerprint = lambda: 1 / 0
numbered.fingerprint = lambda: 3
NOT_A_FUNCTION = 3
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module of the user's in the working directory."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine_of_a_test.py").write_text(textwrap.dedent(MINE))
    yield "mine_of_a_test"
    sys.modules.pop("mine_of_a_test", None)


def refusal(text, registry=None):
    with pytest.raises(ModelError) as caught:
        (registry or Registry("run1")).resolve(text).load()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_embedded_name_is_a_control_known_without_loading():
    handle = Registry().resolve("pa-pwm")
    assert (handle.name, handle.spec, handle.kind) == ("pa-pwm", "pa-pwm", "control")
    assert handle.fingerprint == EMBEDDED["pa-pwm"].fingerprint({})
    assert handle.lasting
    assert handle.stored
    assert as_scores(handle.load().score(["A" * 100]), ["A" * 100], "m").values.shape == (1,)


def test_options_of_an_embedded_model_are_in_its_name_and_fingerprint():
    seven, zero, plain = map(Registry().resolve, ("random?seed=7", "random?seed=0", "random"))
    assert (seven.name, zero.name, plain.name) == ("random-seed-7", "random-seed-0", "random")
    assert seven.fingerprint != zero.fingerprint == plain.fingerprint
    assert seven.options == {"seed": "7"}
    assert seven.load().score(PAIR).tolist() != zero.load().score(PAIR).tolist()


def test_bad_options_of_an_embedded_model_are_refused_before_loading():
    assert "has no option 'speed'" in refusal("random?speed=7")
    assert "option 'seed'" in refusal("random?seed=x")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("pa-pmw", "no model 'pa-pmw'; did you mean 'pa-pwm'"),
        ("zzz", "no model 'zzz'; known: any-gap, at-content, "),
        ("embeded", "no model 'embeded'; "),
    ],
)
def test_an_unknown_name_lists_the_near_matches_or_what_is_known(text, line):
    assert refusal(text).startswith(line)


def test_a_name_of_ones_own_is_among_the_near_matches():
    registry = Registry()
    registry.add("my-transformer", lambda: None)
    assert refusal("my-transfromer", registry).endswith("did you mean 'my-transformer'?")


def test_controls_stands_for_every_shipped_control_in_order():
    assert [h.name for h in Registry().resolve_all(["controls"])] == list(EMBEDDED)


def test_a_spec_named_twice_stands_once():
    handles = Registry().resolve_all(["pwm", "random?seed=1", " pwm", "controls", "pwm"])
    others = [name for name in EMBEDDED if name != "pwm"]
    assert [h.name for h in handles] == ["pwm", "random-seed-1", *others]


def test_names_are_made_unique(mine, tmp_path):
    (tmp_path / "a.tsv").write_text("sequence\tpwm\nACGT\t1\n")
    (tmp_path / "b.tsv").write_text("sequence\tpwm\nACGT\t2\n")
    specs = ["scores:a.tsv#pwm", "pwm", "scores:b.tsv#pwm", f"py:{mine}:plain"]
    handles = Registry().resolve_all(specs)
    assert [h.name for h in handles] == ["pwm", "pwm-2", "pwm-3", f"{mine}-plain"]
    assert [h.spec for h in handles] == specs


def test_recorded_scores_are_looked_up_in_the_catalogue(tmp_path):
    file = tmp_path / "s.tsv"
    file.write_text("id\tmy model\nE_000\t1.5\nE_001\t2.5\n")
    catalogue = SequenceSet.of(make_items("E", PAIR))
    handle = Registry(catalogue=lambda: catalogue).resolve(f"scores:{file}#my model")
    assert (handle.name, handle.kind, handle.stored) == ("my-model", "user", False)
    assert handle.load().score(PAIR[::-1]).tolist() == [2.5, 1.5]


@pytest.mark.parametrize("factory", ["model", "without_close", "plain", "listing"])
def test_a_factory_may_return_a_model_or_a_function(mine, factory):
    handle = Registry("run1").resolve(f"py:{mine}:{factory}")
    assert (handle.name, handle.kind) == (f"{mine}-{factory}", "user")
    model = handle.load()
    assert as_scores(model.score(PAIR), PAIR, "m").values.tolist() == [2.0, 8.0]
    model.close()
    assert getattr(model, "closed", True)


def test_a_factory_is_called_only_when_the_model_is_loaded(mine):
    handle = Registry("run1").resolve(f"py:{mine}:model")
    assert sys.modules[mine].CALLS == []
    handle.load()
    assert sys.modules[mine].CALLS == ["model"]


def test_options_reach_the_factory_as_text(mine):
    handle = Registry("run1").resolve(f"py:{mine}:weighted?weight=0.5&base=C")
    assert handle.name == f"{mine}-weighted-base-C-weight-0.5"
    assert handle.options == {"weight": "0.5", "base": "C"}
    assert handle.load().score(PAIR) == [1.0, 0.0]


def test_without_a_fingerprint_the_key_is_of_this_run_only(mine):
    one, two = (Registry(run).resolve(f"py:{mine}:plain") for run in ("run1", "run2"))
    assert one.fingerprint == f"run:run1:py:{mine}:plain"
    assert two.fingerprint == f"run:run2:py:{mine}:plain"
    assert not one.lasting


@pytest.mark.parametrize(("factory", "text"), [("stated", "mine 1"), ("asked", "mine 2")])
def test_a_fingerprint_is_text_or_a_function_that_returns_it(mine, factory, text):
    spec = f"py:{mine}:{factory}"
    one, two = (Registry(run).resolve(spec) for run in ("run1", "run2"))
    assert one.lasting
    assert one.fingerprint == two.fingerprint
    assert text in one.fingerprint
    with_options = Registry("run1").resolve(spec + "?a=1")
    assert with_options.fingerprint != one.fingerprint
    other = Registry("run1").resolve(f"py:{mine}:{'asked' if factory == 'stated' else 'stated'}")
    assert other.fingerprint != one.fingerprint


def test_a_fingerprint_does_not_depend_on_the_order_of_options(mine):
    one, two = (Registry().resolve(f"py:{mine}:stated?{o}") for o in ("a=1&b=2", "b=2&a=1"))
    assert one.fingerprint == two.fingerprint


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("py:{}:raising", "could not be loaded: OSError: no weights\\nat all"),
        ("py:{}:plain?x=1", "TypeError: plain() got an unexpected keyword argument 'x'; it is cal"),
        ("py:{}:scorer", "it is called with the spec's options only, and returns the model"),
        ("py:{}:junk", "returned a int; expected a model with score(sequences) or a function"),
        ("py:{}:absent", "has no attribute 'absent'"),
        ("py:{}:NOT_A_FUNCTION", "NOT_A_FUNCTION is not a function that returns a model"),
        ("py:{}:failing", "its fingerprint failed with ZeroDivisionError: division by zero"),
        ("py:{}:numbered", "its fingerprint is a int; expected text, or a function"),
        ("py:{}", "write py:package.module:factory"),
        ("py::f", "write py:package.module:factory"),
        ("py:{}:", "write py:package.module:factory"),
        ("py:no_such_module_anywhere:f", "No module named 'no_such_module_anywhere'; looked in "),
        ("py:.relative:f", "importing it failed with TypeError"),
        ("py:syntax_of_a_test:f", "importing it failed with SyntaxError"),
        ("py:script_of_a_test:f", "importing it failed with SystemExit: 3"),
        ("py:needy_of_a_test:f", "No module named 'torch_of_a_test'"),
    ],
)
def test_a_factory_that_cannot_be_used_is_one_line(mine, tmp_path, spec, words):
    (tmp_path / "syntax_of_a_test.py").write_text("def f(:\n")
    (tmp_path / "script_of_a_test.py").write_text("import sys\nsys.exit(3)\n")
    (tmp_path / "needy_of_a_test.py").write_text("import torch_of_a_test\n")
    text = refusal(spec.format(mine))
    assert words in text
    assert spec.format(mine) in text


def test_an_error_of_ours_inside_a_factory_passes_as_it_is():
    registry = Registry()

    def load():
        raise InputError("the weights are of another version")

    registry.add("mine", load)
    with pytest.raises(InputError, match=r"^the weights are of another version$"):
        registry.resolve("mine").load()


def test_an_added_model_is_found_by_its_name():
    registry = Registry("run1")
    registry.add(
        "my-model", lambda: np.zeros, kind="reference", fingerprint="f1", method="ll", tolerance=0.5
    )
    handle = registry.resolve("my-model")
    assert (handle.kind, handle.method, handle.tolerance) == ("reference", "ll", 0.5)
    assert handle.lasting
    assert "f1" in handle.fingerprint
    assert "my-model" in registry.names()


def test_rounding_is_a_tie_unless_a_model_says_otherwise(mine):
    registry = Registry()
    registry.add("my-model", lambda: None)
    own = [registry.resolve("my-model"), registry.resolve(f"py:{mine}:plain")]
    assert {handle.tolerance for handle in own} == {registry.resolve("pwm").tolerance} == {1e-9}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "pa-pwm"}, "'pa-pwm' is registered already"),
        ({"name": "taken"}, "'taken' is registered already"),
        ({"name": "embedded"}, "'embedded' is registered already"),
        ({"name": "a b"}, "may hold only letters"),
        ({"name": "a|b\n"}, r"'a|b\n' may hold only letters"),
        ({"name": "modèle"}, "may hold only letters"),
        ({"name": ""}, "may hold only letters"),
        ({"name": 7}, "may hold only letters"),
        ({"name": "m", "kind": "control"}, "kind is 'user' or 'reference', not 'control'"),
        ({"name": "m", "factory": np.zeros(2)}, "the factory is no function"),
        ({"name": "m", "tolerance": -1.0}, "the tolerance -1.0 is no number >= 0"),
        ({"name": "m", "tolerance": float("nan")}, "the tolerance nan is no number >= 0"),
    ],
)
def test_what_cannot_be_added_is_refused_in_one_line(arguments, words):
    registry = Registry()
    registry.add("taken", lambda: None)
    with pytest.raises(ModelError) as caught:
        registry.add(**{"factory": lambda: None, **arguments})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def installed(mine, monkeypatch):
    """Models of another package's entry points."""
    points = [
        EntryPoint("lab-model", f"{mine}:stated", module.ENTRY_POINT_GROUP),
        EntryPoint("lab-broken", "no_such_module_anywhere:f", module.ENTRY_POINT_GROUP),
        EntryPoint("pwm", f"{mine}:junk", module.ENTRY_POINT_GROUP),
    ]
    monkeypatch.setattr(
        module,
        "entry_points",
        lambda *, group: [point for point in points if point.group == group],
    )
    monkeypatch.syspath_prepend(".")
    return Registry("run1")


def test_an_installed_model_is_found_by_its_name(installed):
    handle = installed.resolve("lab-model?a=1")
    assert (handle.name, handle.kind, handle.lasting) == ("lab-model-a-1", "user", True)
    assert "did you mean 'lab-model'" in refusal("lab-modle", installed)


def test_an_installed_model_cannot_replace_a_shipped_one(installed):
    assert installed.resolve("pwm").kind == "control"
    assert installed.names().count("pwm") == 1


def test_an_installed_model_that_cannot_be_imported_is_one_line(installed):
    assert refusal("lab-broken", installed) == (
        "model 'lab-broken', installed as no_such_module_anywhere:f, cannot be imported: "
        "ModuleNotFoundError: No module named 'no_such_module_anywhere'"
    )


def test_listing_the_names_imports_none_of_them(installed):
    assert "lab-broken" in installed.names()


def test_every_model_has_the_two_methods_of_the_protocol(mine):
    registry = Registry()
    model: Model = registry.resolve(f"py:{mine}:listing").load()
    assert callable(model.score)
    assert callable(model.close)
