"""What is said of several models that are scored at once."""

from mit_harness.models.registry import Registry
from mit_harness.progress import Step
from mit_harness.scoring.remote.engine import How, RemoteWatch, Wanted, share_of


def test_progress_is_that_of_all_models_together():
    step = Step("")
    watch = RemoteWatch(step, 30)
    watch("a", 0, 10)
    assert step.text == "scoring by Ray: 0 of 30 scores (a)"
    watch("b", 5, 20)
    watch("a", 10, 10)
    assert step.text.startswith("scoring by Ray: 15 of 30 scores, ")
    assert step.text.endswith(" left (b)")
    watch("b", 20, 20)
    assert "30 of 30 scores" in step.text
    assert "(" not in step.text


def test_batches_are_the_local_engines():
    sequences = ["ACGT", "AC", "AA", "CCGT", "AAAA"]
    share = share_of(
        Wanted(Registry().resolve("pa-pwm"), sequences, noise=True), How(batch_tokens=8)
    )
    assert [call.batch for call in share.waiting] == [
        ["AA", "AC"], ["AAAA", "ACGT"], ["CCGT"], None
    ]  # fmt: skip
    assert share.total == 5
