"""Tokens: every base survives or nothing is scored, and no scored token knows the flank."""

import pytest

pytest.importorskip("torch", reason="neural models need torch")
pytest.importorskip("transformers", reason="neural models need transformers")

from mit_harness.errors import ModelError
from mit_harness.models.neural.flanks import flanks
from mit_harness.models.neural.tokens import Encoder, named

ALL = ("esm", "bert", "modernbert", "llama", "neox", "mamba", "bytes", "remote")


def text_of(tokenizer, ids):
    return tokenizer.decode(ids, clean_up_tokenization_spaces=False).replace(" ", "")


@pytest.mark.parametrize("name", ALL)
def test_every_family_gives_its_sequences_back(name, loaded, sequences):
    _, tokenizer, kind = loaded(name)
    texts = [*sequences(50, (1, 130), seed=5), "A" * 100, "ACGT" * 25, "T", "TATAAT"]
    for context in (None, 0):
        left, right = flanks(kind, context)
        for text, made in zip(texts, Encoder(tokenizer, kind, context).encode(texts), strict=True):
            start, stop = made.scored.start, made.scored.stop
            scored = text_of(tokenizer, made.ids[start:stop])
            assert text.endswith(scored)
            assert made.bases == len(scored)
            assert made.tokens == stop - start
            whole = tokenizer.decode(made.ids, skip_special_tokens=True).replace(" ", "")
            assert whole == left + text + right
            if context is None:
                assert scored == text


@pytest.mark.parametrize("name", ALL)
def test_the_context_changes_no_scored_token_and_is_never_scored(name, loaded, sequences):
    _, tokenizer, kind = loaded(name)
    texts = sequences(20, (30, 100), seed=6)
    bare = Encoder(tokenizer, kind, 0).encode(texts)
    for context in (None, 1, 7, 48, 300):
        for text, one, other in zip(
            texts, bare, Encoder(tokenizer, kind, context).encode(texts), strict=True
        ):
            scored = [other.ids[k] for k in other.scored]
            assert scored == tokenizer(text, add_special_tokens=False)["input_ids"]
            assert scored[-one.tokens :] == [one.ids[k] for k in one.scored]
            assert other.bases == len(text)
            assert other.scored.start >= 1


@pytest.mark.parametrize("name", ALL)
def test_special_tokens_stand_where_the_tokenizer_puts_them(name, loaded, sequences):
    _, tokenizer, kind = loaded(name)
    for text in sequences(5, 60, seed=7):
        (made,) = Encoder(tokenizer, kind, 0).encode([text])
        assert list(made.ids) == tokenizer(text)["input_ids"]
        special = {k for k, one in enumerate(made.ids) if one in tokenizer.all_special_ids}
        assert not special & set(made.scored)


def test_a_remainder_of_a_6_mer_becomes_single_bases(loaded):
    _, tokenizer, _ = loaded("esm")
    (made,) = Encoder(tokenizer, "masked").encode(["ACGTAC" * 16 + "GGTA"])
    assert (made.tokens, made.bases) == (20, 100)


def six_mers(rest):
    """Like GENERator's: 6-mers, nothing around; the rest of a length as single bases, or unknown.

    A stand-in: how the published tokenizer takes a rest was not seen.
    """
    from itertools import product

    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<oov>", "<s>", *map("".join, product("ACGT", repeat=6)), *("ACGT" if rest else "")]
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<oov>"))
    pattern = "<s>|[ACGT]{6}|[ACGT]" if rest else "<s>|[ACGT]{1,6}"
    made.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
    made.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<oov>", bos_token="<s>")


def tiny_llama(tokenizer):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), num_hidden_layers=1, **sizes))


@pytest.mark.parametrize("context", [None, 0])
def test_a_causal_6_mer_model_scores_every_base_behind_its_prefix(context, sequences):
    from mit_harness.models.neural.model import NeuralModel

    tokenizer = six_mers(rest=True)
    model = NeuralModel(tiny_llama(tokenizer), tokenizer, "causal", prefix="<s>", context=context)
    found = model.score([*sequences(2, 100), *sequences(2, 96)])
    assert found.tokens.tolist() == [20, 20, 16, 16]  # 100 = 16 x 6 + 4
    assert found.bases.tolist() == [100, 100, 96, 96]


def test_a_rest_that_a_6_mer_tokenizer_cannot_read_is_a_clear_error(sequences):
    from mit_harness.models.neural.model import NeuralModel

    tokenizer = six_mers(rest=False)
    model = NeuralModel(tiny_llama(tokenizer), tokenizer, "causal", prefix="<s>")
    assert model.score(sequences(2, 96)).tokens.tolist() == [16, 16]
    with pytest.raises(ModelError, match="does not keep the bases of sequence") as caught:
        model.score(sequences(2, 100))
    assert str(caught.value).endswith(
        "it reads 6 bases at a time, and the last 4 of 100 are no token to it: the model scores "
        "only lengths that are multiples of 6, context included"
    )


def test_byte_pairs_give_different_counts_for_equal_lengths(loaded, sequences):
    _, tokenizer, kind = loaded("bert")
    made = Encoder(tokenizer, kind).encode(sequences(20))
    assert len({one.tokens for one in made}) > 1
    assert {one.bases for one in made} == {100}


def test_lower_case_and_a_prefix(single_base):
    tokenizer = single_base("acgt", "<s> $A </s>", extra=["<+>"])
    (made,) = Encoder(tokenizer, "masked", 6, lower_case=True, prefix="<+>").encode(["ACGT"])
    left, right = flanks("masked", 6)
    words = tokenizer.convert_ids_to_tokens(list(made.ids))
    assert words == ["<s>", "<+>", *left.lower(), *"acgt", *right.lower(), "</s>"]
    assert made.scored == range(8, 12)
    (causal,) = Encoder(tokenizer, "causal", 0, lower_case=True, prefix="<+>").encode(["ACGT"])
    assert causal.tokens == 4


def test_a_prefix_alone_makes_the_first_base_predictable(single_base):
    tokenizer = single_base("ACGT", "$A", extra=["<+>"])
    (made,) = Encoder(tokenizer, "causal", 0, prefix="<+>").encode(["ACGT"])
    assert made.scored == range(1, 5)
    with pytest.raises(ModelError, match="does not know the prefix '<->'"):
        Encoder(tokenizer, "causal", 0, prefix="<->")


# --- what a tokenizer can do wrong ---


def test_an_unknown_base_is_an_error_that_names_the_sequence(single_base):
    tokenizer = single_base("acgt")
    with pytest.raises(ModelError, match=r"'GACGT'.*<unk>.*'<UNK>"):
        Encoder(tokenizer, "masked", 0).encode(["GACGT"])
    with pytest.raises(ModelError, match="does not keep the bases"):  # of the flank already
        Encoder(tokenizer, "masked")


def test_a_dropped_base_is_an_error():
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.BPE({"A": 0, "C": 1, "G": 2}, []))  # no T, and no [UNK] for it
    encoder = Encoder(PreTrainedTokenizerFast(tokenizer_object=words), "masked", 0)
    text = "ACGCCAGGCA" * 4
    assert encoder.encode([text])[0].bases == 40
    with pytest.raises(ModelError) as caught:
        encoder.encode([text, "T" + text])
    assert f"'T{text[:29]}'... (41 bases)" in str(caught.value)
    assert "40 tokens" in str(caught.value)


def test_merged_bases_are_an_error():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"A": 0, "C": 1, "G": 2, "T": 3, "?": 4}, unk_token="?"))
    words.normalizer = normalizers.Replace("AA", "A")
    words.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    encoder = Encoder(PreTrainedTokenizerFast(tokenizer_object=words), "masked", 0)
    assert encoder.encode(["CACGT"])[0].bases == 5
    with pytest.raises(ModelError, match=r"'CAACGT'.*5 tokens of them, C A C G T, which spell"):
        encoder.encode(["CAACGT"])


def test_a_tokenizer_that_cannot_read_dna_at_all_is_an_error():
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    empty = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"x": 0}, "x")))
    with pytest.raises(ModelError, match=r"nothing|spell"):
        Encoder(empty, "masked")


def test_overlapping_k_mers_are_an_error(loaded):
    """As DNABERT's first tokenizer makes them: a base stands in several tokens."""
    _, tokenizer, _ = loaded("esm")

    class Overlapping:
        unk_token_id = 0
        decode, convert_ids_to_tokens = tokenizer.decode, tokenizer.convert_ids_to_tokens

        def __call__(self, texts, add_special_tokens):
            words = [" ".join(t[k : k + 6] for k in range(len(t) - 5)) for t in texts]
            return tokenizer(words, add_special_tokens=add_special_tokens)

    with pytest.raises(ModelError, match="which spell"):
        Encoder(Overlapping(), "masked", 0).encode(["ACGTACGT"])


def test_an_error_names_long_sequences_by_their_first_bases():
    assert named("ACGT") == "'ACGT'"
    assert named("A" * 40) == f"'{'A' * 30}'... (40 bases)"


# --- frames ---


def test_each_frame_reads_the_sequence_from_another_base(loaded, sequences):
    _, tokenizer, _ = loaded("esm")
    encoder, (text,) = Encoder(tokenizer, "masked", frames=6), sequences(1)
    left, right = flanks("masked")
    for frame in range(6):
        (made,) = encoder.encode([text], frame)
        assert text_of(tokenizer, [made.ids[k] for k in made.scored]) == text[frame:]
        assert made.bases == 100 - frame
        assert made.scored.start == 1 + 48 // 6
        words = tokenizer.convert_ids_to_tokens(list(made.ids))
        assert "".join(words[1:9]) == left[frame:] + text[:frame]
        assert {len(word) for word in words[1:9]} == {6}
        assert {len(word) for word in words[9:25]} <= {6, 1}
        assert "".join(words[9:]) == text[frame:] + right


def test_frames_ask_for_k_mers_and_a_flank_that_fits(loaded, sequences):
    _, tokenizer, _ = loaded("esm")
    for context in (0, 44):
        with pytest.raises(ModelError, match="6 frames need a left flank"):
            Encoder(tokenizer, "masked", context, frames=6)
    with pytest.raises(ModelError, match="4 frames need a tokenizer of non-overlapping 4-mers"):
        Encoder(tokenizer, "masked", 48, frames=4)
    _, single, _ = loaded("llama")
    with pytest.raises(ModelError, match="non-overlapping 6-mers"):
        Encoder(single, "causal", frames=6)
    with pytest.raises(ModelError, match="'ACGT' is too short to be read in 6 frames"):
        Encoder(tokenizer, "masked", frames=6).encode(["ACGT"], 4)
    with pytest.raises(ValueError, match="frame 1 of 1"):
        Encoder(tokenizer, "masked").encode(["ACGT"], 1)
