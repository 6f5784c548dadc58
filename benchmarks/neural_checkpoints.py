"""Checkpoints with random weights, written as a published one is: config, tokenizer, safetensors.

What a network costs does not depend on what it has learned, so no official weights are needed.
"""

import itertools
from pathlib import Path
from typing import Any, NamedTuple

from mit_harness.promoter.alphabet import BASES

SPECIAL = ("<s>", "<cls>", "<pad>", "<mask>", "<unk>")
"""The first ids of every vocabulary here."""

KMER = 6
SEED = 0


class Shape(NamedTuple):
    """How large a network is; the defaults make 5 M parameters.

    Attributes
    ----------
    layers, width, heads, inner
        Number of layers; of hidden units, attention heads and units of a layer's inner half.
    vocabulary
        Number of ids, at least the tokenizer's; 0 for just as many.
    """

    layers: int = 6
    width: int = 256
    heads: int = 8
    inner: int = 1024
    vocabulary: int = 0


ESM_500M = Shape(24, 1280, 20, 5120, 4105)
"""nucleotide-transformer-500m, whose own vocabulary is of 4,105 ids too."""


def write_causal(folder: Path, shape: Shape = Shape()) -> Path:  # noqa: B008 - a constant
    """Write a GPT-NeoX of single bases with a token before the first, and return its folder."""
    import torch
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    tokenizer = _tokenizer(list(BASES), "<s>", "bos_token")
    torch.manual_seed(SEED)
    config = GPTNeoXConfig(
        **_sizes(shape, tokenizer),
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=2,
        max_position_embeddings=2048,
    )
    return _save(folder, GPTNeoXForCausalLM(config), tokenizer)


def write_masked(folder: Path, shape: Shape = Shape()) -> Path:  # noqa: B008 - a constant
    """Write an Esm of 6-mers that do not overlap, and return its folder."""
    import torch
    from transformers import EsmConfig, EsmForMaskedLM

    words = ["".join(word) for word in itertools.product(BASES, repeat=KMER)]
    tokenizer = _tokenizer([*words, *BASES], "<cls>", "cls_token")
    torch.manual_seed(SEED)
    config = EsmConfig(
        **_sizes(shape, tokenizer),
        pad_token_id=2,
        mask_token_id=3,
        token_dropout=True,
        position_embedding_type="absolute",
        emb_layer_norm_before=False,
        max_position_embeddings=1002,
    )
    return _save(folder, EsmForMaskedLM(config), tokenizer)


def _sizes(shape: Shape, tokenizer: Any) -> dict[str, Any]:  # noqa: ANN401 - transformers' own
    return {
        "num_hidden_layers": shape.layers,
        "hidden_size": shape.width,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.inner,
        "vocab_size": shape.vocabulary or len(tokenizer),
    }


def _tokenizer(words: list[str], first: str, role: str) -> Any:  # noqa: ANN401 - as above
    """Return a tokenizer of whole k-mers from the left, then of single bases."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    ids = {token: i for i, token in enumerate([*SPECIAL, *words])}
    made = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))  # noqa: S106 - no password
    longest = max(map(len, words))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(f"[ACGT]{{{longest}}}|."), "isolated")
    made.post_processor = processors.TemplateProcessing(
        single=f"{first} $A", special_tokens=[(first, ids[first])]
    )
    names = {f"{name}_token": f"<{name}>" for name in ("pad", "mask", "unk")}
    return PreTrainedTokenizerFast(tokenizer_object=made, **{role: first}, **names)


def _save(folder: Path, network: Any, tokenizer: Any) -> Path:  # noqa: ANN401 - as above
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
