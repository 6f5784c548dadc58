from pathlib import Path
from typing import Any

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural.config import (
    code_needed,
    detect_kind,
    is_trusted,
    refuse_untrusted,
)
from mit_harness.models.neural.options import Source

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"architectures": ["GPTNeoXForCausalLM"]}, "causal"),
        ({"architectures": ["GPT2LMHeadModel"]}, "causal"),
        ({"architectures": ["HyenaDNAForCausalLM"]}, "causal"),
        ({"architectures": ["EsmForMaskedLM"]}, "masked"),
        ({"architectures": ["gLM2ForMaskedLM"]}, "masked"),
        ({"auto_map": {"AutoModelForMaskedLM": "a.B", "AutoModel": "a.C"}}, "masked"),
        (
            {
                "architectures": ["XForMaskedLM"],
                "auto_map": {"AutoModelForCausalLM": "a.B", "AutoModelForMaskedLM": "a.C"},
            },
            "masked",
        ),
    ],
)
def test_kinds(config: dict[str, Any], kind: str) -> None:
    assert detect_kind(config, "x") == kind


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"architectures": None},
        {"architectures": ["BertModel"]},
        {"architectures": ["BertForPreTraining"]},
        {"architectures": ["XForCausalLM", "XForMaskedLM"]},
        {"auto_map": {"AutoModelForCausalLM": "a.B", "AutoModelForMaskedLM": "a.C"}},
        {"auto_map": ["a.B"]},
    ],
)
def test_an_unclear_kind_asks_for_it(config: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"^x: whether .*add \?kind=causal or \?kind=masked$"):
        detect_kind(config, "x")


def test_which_code_is_needed() -> None:
    auto_map = {"AutoConfig": "c.C", "AutoModelForMaskedLM": "m.M", "AutoModel": "m.B"}
    assert code_needed({"auto_map": auto_map}, {}, "masked") == ["c.C", "m.M"]
    assert code_needed({"auto_map": auto_map}, {}, "causal") == ["c.C"]
    assert code_needed({"auto_map": {"AutoModelForTokenClassification": "m.T"}}, {}, "masked") == []
    tokenizer = {"auto_map": {"AutoTokenizer": [None, "t.Fast"]}}
    assert code_needed({}, tokenizer, "causal") == ["t.Fast"]
    assert code_needed({}, {"auto_map": ["t.Slow", None]}, "causal") == ["t.Slow"]
    assert code_needed({}, {}, "causal") == []


def test_trusted_and_pinned_passes() -> None:
    refuse_untrusted(["m.M"], Source("a/b", COMMIT), COMMIT, f"hf:a/b@{COMMIT}", trusted=True)
    refuse_untrusted(["m.M"], Source(folder=Path("x")), "", "hf:./x", trusted=True)
    refuse_untrusted([], Source("a/b"), COMMIT, "hf:a/b", trusted=False)


@pytest.mark.parametrize(
    ("source", "spec", "trusted", "said"),
    [
        (
            Source("a/b", COMMIT),
            f"hf:a/b@{COMMIT}",
            False,
            f"(m.py), with all rights that you have; read it, and then add "
            f"--mit-trust-remote-code 'hf:a/b@{COMMIT}'",
        ),
        (
            Source("a/b", "main"),
            "hf:a/b@main",
            False,
            f"--mit-trust-remote-code 'hf:a/b@{COMMIT}' and name the model 'hf:a/b@{COMMIT}' too",
        ),
        (
            Source("a/b"),
            "hf:a/b",
            True,
            f"at revision 'main'; name the full commit, 'hf:a/b@{COMMIT}', in both options",
        ),
        (Source("a/b", "v2"), "hyenadna@v2", True, f"name the full commit, 'hyenadna@{COMMIT}'"),
        (Source(folder=Path("x")), "hf:./x", False, "add --mit-trust-remote-code 'hf:./x'"),
    ],
)
def test_what_to_add(source: Source, spec: str, trusted: bool, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        refuse_untrusted(["m.M"], source, COMMIT, spec, trusted=trusted)
    assert said in str(caught.value)


def test_code_of_another_repository_is_refused_even_if_trusted() -> None:
    with pytest.raises(ModelError, match=r"another repository \(c/d\), whose revision nothing pi"):
        refuse_untrusted(["c/d--m.M"], Source("a/b", COMMIT), COMMIT, "hf:a/b", trusted=True)
    with pytest.raises(ModelError, match="another repository"):
        refuse_untrusted(["c/d--m.M"], Source(folder=Path("x")), "", "hf:./x", trusted=True)
    refuse_untrusted(["a/b--m.M"], Source("a/b", COMMIT), COMMIT, "hf:a/b", trusted=True)


@pytest.mark.parametrize(
    ("spec", "given", "trusted"),
    [
        (f"hf:a/b@{COMMIT}?context=0", [f"hf:a/b@{COMMIT}"], True),
        (f"hf:a/b@{COMMIT}", [f"hf:a/b@{COMMIT}?dtype=float32"], True),
        (f"hf:a/b@{COMMIT}", ["x", " hf:a/b "], True),
        ("hyenadna?context=0", ["hyenadna"], True),
        ("hyenadna", ["hyenadna-tiny-1k"], False),
        (f"hf:a/b@{COMMIT}", ["hf:a/b@main"], False),
        (f"hf:a/bc@{COMMIT}", ["hf:a/b"], False),
        (f"hf:a/b@{COMMIT}", [""], False),
        (f"hf:a/b@{COMMIT}", [], False),
        ("hf:./x", ["hf:./x"], True),
        ("hf:./x/y", ["hf:./x"], False),
    ],
)
def test_who_is_trusted(spec: str, given: list[str], trusted: bool) -> None:
    assert is_trusted(spec, given) is trusted
