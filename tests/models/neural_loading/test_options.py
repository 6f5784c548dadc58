from pathlib import Path
from typing import Any

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural.options import NeuralOptions, Source, parse_source, read_options
from mit_harness.models.spec import Spec

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def spec(**options: str) -> Spec:
    return Spec("hf:lab/tiny?...", "hf", "lab/tiny", options=options)


def test_defaults() -> None:
    options = read_options(spec())
    assert options == NeuralOptions(None, "forward", None, 1, "float32", "auto", None)
    assert options.flank("causal") == 96
    assert options.flank("masked") == 48


def test_share_is_on_or_off_or_left_to_the_model() -> None:
    found = [read_options(spec(**given)).share for given in ({}, {"share": "on"}, {"share": "off"})]
    assert found == [None, True, False]


def test_every_option() -> None:
    options = read_options(
        spec(
            kind="masked",
            strand="mean",
            context="0",
            frames="6",
            dtype="bfloat16",
            device="cuda:1",
            tokenizer=f"lab/other@{COMMIT}",
            share="on",
            masks="10",
        )
    )
    assert options == NeuralOptions(
        "masked", "mean", 0, 6, "bfloat16", "cuda:1", Source("lab/other", COMMIT), True, 10
    )
    assert options.flank("masked") == 0


def test_what_the_spec_says_comes_before_what_the_run_says() -> None:
    run: dict[str, Any] = {"device": "cpu", "dtype": "float64", "context": 0}
    assert read_options(spec(), **run) == NeuralOptions(None, "forward", 0, 1, "float64", "cpu")
    own = read_options(spec(dtype="float16", device="mps", context="12"), **run)
    assert (own.dtype, own.device, own.context) == ("float16", "mps", 12)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"strnd": "mean"}, "no option 'strnd'; did you mean 'strand'?"),
        ({"zzz": "1"}, "no option 'zzz'; known: context, device,"),
        ({"kind": "Causal"}, "kind is causal or masked, not 'Causal'"),
        ({"share": "yes"}, "share is on or off, not 'yes'"),
        ({"strand": "both"}, "strand is forward or reverse or mean, not 'both'"),
        ({"dtype": "int8"}, "dtype is float32 or bfloat16 or float16 or float64, not 'int8'"),
        ({"masks": "0"}, "masks is a whole number, 1 to 100000, not '0'"),
        ({"masks": "all"}, "masks is a whole number"),
        ({"context": "-1"}, "context is a whole number, 0 to 100000, not '-1'"),
        ({"context": "1e3"}, "context is a whole number"),
        ({"context": "\u0663"}, "context is a whole number"),
        ({"context": "99999999999"}, "context is a whole number"),
        ({"frames": "0"}, "frames is a whole number, 1 to 32, not '0'"),
        ({"device": "gpu"}, "device is auto, cpu, cuda, cuda:0 or mps, not 'gpu'"),
        ({"tokenizer": "noslash"}, "a model of the hub is hf:ORG/NAME@REVISION"),
    ],
)
def test_what_cannot_be_used(options: dict[str, str], said: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_options(spec(**options))
    assert said in str(caught.value)
    assert str(caught.value).startswith("'hf:lab/tiny?...': ")


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("lab/tiny", Source("lab/tiny")),
        ("hf:lab/tiny@main", Source("lab/tiny", "main")),
        (f"Lab-1/tiny.v2_x@{COMMIT}", Source("Lab-1/tiny.v2_x", COMMIT)),
        ("lab/tiny@refs/pr/3", Source("lab/tiny", "refs/pr/3")),
        ("./tiny", Source(folder=Path("tiny"))),
        ("../tiny@2", Source(folder=Path("../tiny@2"))),
        (".", Source(folder=Path())),
        ("/models/tiny", Source(folder=Path("/models/tiny"))),
        ("~/tiny", Source(folder=Path.home() / "tiny")),
    ],
)
def test_sources(target: str, source: Source) -> None:
    assert parse_source(target, "x") == source


@pytest.mark.parametrize(
    "target",
    [
        *("tiny", "a/b/c", "lab/", "/".join(["lab", "ti ny"]), "lab/..", "-lab/tiny", ""),
        *("lab/tiny@", "lab/tiny@a b", "lab/tiny@../x", "lab/tiny@-x", "lab/ti\nny"),
    ],
)
def test_what_is_no_source(target: str) -> None:
    if target == "lab/tiny@":
        with pytest.raises(ModelError, match="is no revision"):
            parse_source(target, "x")
        return
    with pytest.raises(ModelError, match=r"^'x': "):
        parse_source(target, "x")


def test_only_a_full_commit_is_pinned() -> None:
    assert Source("a/b", COMMIT).is_pinned
    assert not any(Source("a/b", r).is_pinned for r in (None, "main", COMMIT[:39], COMMIT.upper()))
    assert str(Source("a/b", "v1")) == "hf:a/b@v1"
    assert str(Source(folder=Path("x"))) == "hf:x"
