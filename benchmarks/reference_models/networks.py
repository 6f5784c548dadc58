"""The networks and their tokenizer, of classes that transformers ships: no code of their own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus import BASES
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from torch import nn
from transformers import (
    EsmConfig,
    EsmForMaskedLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

SPECIAL = ("[UNK]", "[PAD]", "[MASK]")
FIRST = len(SPECIAL)
"""Id of A; C, G and T follow."""
LONGEST = 1024
"""Tokens."""
MASK = SPECIAL.index("[MASK]")


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer of single upper-case bases, which adds no special token."""
    ids = {token: i for i, token in enumerate([*SPECIAL, *BASES])}
    single = Tokenizer(models.WordLevel(ids, unk_token=SPECIAL[0]))
    single.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "pad", "mask")}
    return PreTrainedTokenizerFast(tokenizer_object=single, **names)


def build(settings: Mapping[str, Any]) -> nn.Module:
    """Return a network with random weights from torch's global generator."""
    sizes = {
        "vocab_size": FIRST + len(BASES),
        "hidden_size": settings["hidden"],
        "num_hidden_layers": settings["layers"],
        "num_attention_heads": settings["heads"],
        "intermediate_size": settings["intermediate"],
        "pad_token_id": SPECIAL.index("[PAD]"),
        "bos_token_id": None,
        "eos_token_id": None,
    }
    if settings["kind"] == "causal":
        return LlamaForCausalLM(
            LlamaConfig(
                **sizes,
                num_key_value_heads=settings["heads"],
                max_position_embeddings=LONGEST,
            )
        )
    return EsmForMaskedLM(
        EsmConfig(
            **sizes,
            mask_token_id=MASK,
            position_embedding_type="rotary",
            max_position_embeddings=LONGEST,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            token_dropout=False,
            initializer_range=settings.get("init", 0.02),
        )
    )


def load(folder: Path) -> nn.Module:
    """Return the causal network of a checkpoint."""
    return LlamaForCausalLM.from_pretrained(folder)


def save(network: nn.Module, folder: Path) -> None:
    """Write config, weights and tokenizer, so that transformers 4 reads them as well as 5."""
    network.config.use_cache = True
    network.save_pretrained(folder, safe_serialization=True)
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "model.safetensors").chmod(0o644)
    tokenizer().save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    told = json.loads(path.read_text())
    told = {key: told[key] for key in sorted(told) if key.endswith("_token")}
    told |= {"model_max_length": LONGEST, "tokenizer_class": "PreTrainedTokenizerFast"}
    path.write_text(json.dumps(told, indent=2) + "\n")
