"""The memory that a run may need at once, and what is said of models of unknown size."""

import pytest

from mit_harness.errors import InputError, ModelError
from mit_harness.models.base import ModelHandle
from mit_harness.models.neural.memory import needs_gb, parse_gb, refuse_too_big, unknown_note
from mit_harness.models.registry import Registry


@pytest.mark.parametrize(
    ("text", "size"), [("8", 8), ("8GB", 8), (" 1.5 g ", 1.5), ("500MB", 0.5), ("2tb", 2000)]
)
def test_sizes(text: str, size: float) -> None:
    assert parse_gb(text) == pytest.approx(size)


@pytest.mark.parametrize("text", ["", "GB", "0", "-1", "8 apples", "1e3", "nan", "8GiB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InputError, match="--mit-max-memory takes a size such as 8GB"):
        parse_gb(text)
    with pytest.raises(InputError) as caught:
        parse_gb(text, "--max-memory")
    assert str(caught.value).startswith("--max-memory takes")


def _handle(name: str, parameters: int | None, **options: str) -> ModelHandle:
    return ModelHandle(
        name, name, "user", "f", lambda: None, options=options, parameters=parameters
    )  # type: ignore[arg-type]


HANDLES = [
    _handle("half", 1_000_000_000, dtype="bfloat16"),
    _handle("big", 7_000_000_000),
    _handle("small", 500_000_000),
    _handle("mine", None),
]


def test_needs_follow_the_dtype_and_an_unknown_size_is_no_zero() -> None:
    needs = needs_gb(HANDLES)
    assert needs == {"half": 3.0, "big": 29.0, "small": 3.0, "mine": None}
    assert needs_gb(HANDLES, "float16")["big"] == 15.0
    assert unknown_note(needs) == (
        "--mit-max-memory does not count mine: nothing says how large these models are"
    )
    assert unknown_note({"big": 29.0}) is None


def test_controls_need_no_memory_to_speak_of() -> None:
    assert needs_gb(Registry().resolve_all(["controls"])) == {}


@pytest.mark.parametrize(
    ("workers", "shared", "total", "terms"),
    [
        (1, False, 29, "big 29.0 GB (one model is in memory at a time)"),
        (2, False, 32, "big 29.0 GB + half 3.0 GB (2 workers hold one each)"),
        (9, False, 35, "big 29.0 GB + half 3.0 GB + small 3.0 GB (9 workers hold one each)"),
        (2, True, 58, "big 29.0 GB + big 29.0 GB (2 workers hold one each)"),
    ],
)
def test_the_largest_that_can_be_in_memory_together_are_added(
    workers: int, shared: bool, total: float, terms: str
) -> None:
    needs = needs_gb(HANDLES)
    refuse_too_big(needs, total, workers, shared=shared)
    with pytest.raises(ModelError) as caught:
        refuse_too_big(needs, total - 0.1, workers, shared=shared)
    said = str(caught.value)
    assert f"need about {total:.1f} GB of memory at once" in said
    assert f"--mit-max-memory allows {total - 0.1:g} GB: {terms}; " in said


def test_nothing_known_is_nothing_refused() -> None:
    refuse_too_big({"mine": None}, 0.1, 4)
    refuse_too_big({}, 0.1, 4)
