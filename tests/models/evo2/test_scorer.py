"""Scores from the package's logits: exact, of the sequence alone, and without its pitfalls.

Against a stand-in; see there. The real package never ran here.
"""

import numpy as np
import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural.evo2_scorer import RowBatcher, evo2_model, refuse_untrained
from mit_harness.models.neural.flanks import flanks
from mit_harness.promoter.alphabet import reverse_complement

torch = pytest.importorskip("torch", reason="the stand-in for Evo 2 is made of torch")

RNG = np.random.default_rng(5)
LENGTHS = (100, 60, 100, 150, 7, 60, 100, 33, 150)
SEQUENCES = ["".join(RNG.choice(list("ACGT"), n)) for n in LENGTHS]


def make(stand_in, **options):
    return evo2_model(stand_in.Evo2(), max_tokens=8192, device="cpu", **options)


def one_by_one(package, sequence, context=96):
    """Sum in float64 what the network says of each base, one sequence and one base at a time."""
    left = flanks("causal", context)[0]
    ids = package.tokenizer.tokenize(left + sequence)
    with torch.no_grad():
        (logits, _), _ = package(torch.tensor([ids]))
    logits = logits[0].double()
    total = 0.0
    for place in range(max(len(left), 1), len(ids)):
        row = logits[place - 1]
        total += float(row[ids[place]]) - float(torch.logsumexp(row, 0))
    return total


@pytest.mark.parametrize("context", [0, 12, 96])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_scores_are_exact(stand_in, monkeypatch, context, dtype):
    monkeypatch.setattr(stand_in.Evo2, "dtype", dtype)
    package = stand_in.Evo2()
    expected = [one_by_one(package, s, context) for s in SEQUENCES]
    found = make(stand_in, context=context, batch=1).score(SEQUENCES)
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-4)
    lost = 0 if context else 1  # nothing stands before the first base to predict it from
    assert found.bases.tolist() == found.tokens.tolist() == [n - lost for n in LENGTHS]


def test_the_default_context_is_96_bp(stand_in):
    assert (
        make(stand_in).score(SEQUENCES[:1]).values
        == make(stand_in, context=96).score(SEQUENCES[:1]).values
    )


def test_reverse_and_mean(stand_in):
    forward, reverse, mean = (
        make(stand_in, strand=strand).score(SEQUENCES).values
        for strand in ("forward", "reverse", "mean")
    )
    turned = make(stand_in).score([reverse_complement(s) for s in SEQUENCES]).values
    np.testing.assert_array_equal(reverse, turned)
    np.testing.assert_allclose(mean, (forward + reverse) / 2, rtol=0, atol=1e-4)


@pytest.mark.parametrize("batch", [1, 2, 3, 64])
def test_company_is_irrelevant(stand_in, batch):
    alone = [make(stand_in).score([s]).values[0] for s in SEQUENCES]
    model = make(stand_in, batch=batch)
    np.testing.assert_allclose(model.score(SEQUENCES).values, alone, rtol=0, atol=1e-4)
    back = model.score(SEQUENCES[::-1]).values[::-1]
    np.testing.assert_allclose(back, alone, rtol=0, atol=1e-4)


def test_only_equally_long_inputs_share_a_batch_and_nothing_is_padded(stand_in, monkeypatch):
    seen = []
    forward = stand_in.Evo2.forward

    def watched(self, input_ids, *rest):
        seen.append(input_ids)
        return forward(self, input_ids, *rest)

    monkeypatch.setattr(stand_in.Evo2, "forward", watched)
    make(stand_in, batch=2).score(SEQUENCES)
    assert sorted(len(ids) for ids in seen) == [1, 1, 1, 2, 2, 2]
    assert sum(ids.numel() for ids in seen) == sum(96 + n for n in LENGTHS)
    assert set(torch.cat([ids.flatten() for ids in seen]).tolist()) == set(b"ACGT")


def test_the_packages_own_sums_add_padding_and_ours_do_not(stand_in):
    package = stand_in.Evo2()
    short, long = SEQUENCES[1], SEQUENCES[0]
    own = {"reduce_method": "sum"}
    alone = package.score_sequences([short], batch_size=1, **own)[0]
    together = package.score_sequences([short, long], batch_size=2, **own)[0]
    (logits, _), _ = package(torch.tensor([package.tokenizer.tokenize(short)]))
    padding = float(torch.log_softmax(logits[0, -1], dim=-1)[package.tokenizer.pad_id])
    assert padding < -1
    assert together == pytest.approx(alone + padding, abs=1e-3)

    ours = make(stand_in, context=0)
    assert ours.score([short]).values[0] == pytest.approx(alone, abs=1e-3)
    assert ours.score([short, long]).values[0] == pytest.approx(alone, abs=1e-3)


def test_the_packages_own_sums_are_rounded_and_ours_are_not(stand_in, monkeypatch):
    monkeypatch.setattr(stand_in.Evo2, "dtype", torch.bfloat16)
    package = stand_in.Evo2()
    exact = one_by_one(package, SEQUENCES[0], 0)
    own = package.score_sequences(SEQUENCES[:1], reduce_method="sum")[0]
    assert abs(own - exact) > 0.01
    assert make(stand_in, context=0).score(SEQUENCES[:1]).values[0] == pytest.approx(
        exact, abs=1e-4
    )


@pytest.mark.parametrize("text", ["ACGTacgt", "ACGNT", "ACGU", "AC-GT", "acgt", "ACGÄ"])
def test_only_upper_case_bases_are_read(stand_in, text):
    with pytest.raises(ModelError, match=r"only A, C, G and T in upper case"):
        make(stand_in).score([text])


def test_an_input_beyond_the_training_context_is_refused(stand_in):
    model = evo2_model(stand_in.Evo2(), max_tokens=100, device="cpu")
    with pytest.raises(ModelError, match="196 tokens; the model reads 100 at most"):
        model.score(SEQUENCES[:1])


def test_a_closed_model_says_so(stand_in):
    model = make(stand_in)
    model.close()
    with pytest.raises(ModelError, match="closed"):
        model.score(SEQUENCES[:1])


@pytest.mark.parametrize(
    "answer",
    [
        lambda logits: logits,
        lambda logits: (logits, None),
        lambda logits: ((logits[..., :4], None), None),
        lambda logits: None,
        lambda logits: ((None, None), None),
    ],
    ids=["tensor", "logits first", "four columns", "none", "no tensor"],
)
def test_another_interface_is_refused(stand_in, monkeypatch, answer):
    forward = stand_in.Evo2.forward
    monkeypatch.setattr(
        stand_in.Evo2, "forward", lambda self, ids, *rest: answer(forward(self, ids)[0][0])
    )
    with pytest.raises(ModelError, match=r"where its documentation has \(outputs, embeddings\)"):
        make(stand_in).score(SEQUENCES[:2])


def test_a_score_that_is_not_finite_names_its_sequence(stand_in):
    package = stand_in.Evo2()
    with torch.no_grad():
        package.model.unembed.bias.fill_(float("nan"))
    model = evo2_model(package, max_tokens=8192, device="cpu")
    with pytest.raises(ModelError, match=SEQUENCES[0][:30]):
        model.score(SEQUENCES[:1])


def test_no_gradient_is_kept(stand_in, monkeypatch):
    modes = []
    forward = stand_in.Network.forward

    def watched(self, x, **rest):
        modes.append(torch.is_grad_enabled())
        return forward(self, x, **rest)

    monkeypatch.setattr(stand_in.Network, "forward", watched)
    make(stand_in).score(SEQUENCES[:1])
    assert modes == [False]


def test_the_batch_halves_without_memory_and_stays_so():
    sizes = []

    def step(batch):
        size = batch.stop - batch.start
        sizes.append(size)
        if size > 4:
            raise RuntimeError("CUDA out of memory")
        return np.zeros(size)

    batcher = RowBatcher(rows=16)
    batcher.run(9, 100, step)
    batcher.run(6, 1000, step)
    assert sizes == [9, 4, 4, 1, 4, 2]


def test_an_untrained_model_is_refused(stand_in):
    with pytest.raises(ModelError, match=r"guessing costs 1\.39"):
        refuse_untrained(make(stand_in), "evo2:evo2_7b")


def test_a_model_that_knows_bases_passes(stand_in):
    package = stand_in.Evo2()
    with torch.no_grad():
        package.model.unembed.weight.zero_()
        package.model.unembed.bias.fill_(-40.0)
        shares = torch.tensor([0.25, 0.23, 0.32, 0.20])  # of the gene's own bases
        package.model.unembed.bias[list(b"ACGT")] = shares.log()
    refuse_untrained(evo2_model(package, max_tokens=8192, device="cpu"), "evo2:evo2_7b")


def test_the_stand_in_has_no_more_than_the_package(stand_in):
    package = stand_in.Evo2()
    with pytest.raises(AttributeError, match="documents no 'eval'"):
        package.eval()
    with pytest.raises(TypeError):
        package(torch.tensor([[65]]), attention_mask=torch.tensor([[1]]))
