"""A stand-in for the package evo2 (0.6.0): NOT Evo 2, and no biology in it.

The real package needs an NVIDIA GPU, cannot be imported without one, and never ran here. So this
is a tiny random network behind exactly the interface that the package documents:

- ``Evo2(model_name, local_path=None, use_kernels=False)``, with ``model`` and ``tokenizer``;
- ``Evo2(...)(input_ids, return_embeddings=False, layer_names=None)`` returns ``(outputs,
  embeddings)``, where ``outputs`` is itself a pair that begins with logits (batch, length, 512);
- ``score_sequences(seqs, batch_size, prepend_bos, reduce_method, average_reverse_complement)``;
- a tokenizer of bytes: 0 is the end of a document, 1 is padding, nothing is added to a text.

Whatever else is asked of it raises, as it would there: ``Evo2`` is no torch module, and takes no
attention mask. Its sums were compared once with those of the package's own source, with and without
a token in front, alone and in a batch, and are the same.
"""

import hashlib
from pathlib import Path

import torch
from torch import nn

NAMES = ("evo2_7b", "evo2_1b_base", "evo2_40b")
VOCABULARY = 512
WIDTH = 24


class CharLevelTokenizer:
    """Bytes as ids."""

    eod_id = eos_id = eod = eos = 0
    pad_id = 1
    vocab_size = VOCABULARY

    @property
    def vocab(self):
        raise NotImplementedError

    def tokenize(self, text):
        return list(text.encode("utf-8"))

    def detokenize(self, token_ids):
        return "".join(chr(max(32, min(int(i), self.vocab_size))) for i in token_ids)


class Network(nn.Module):
    """Two causal convolutions: 12 positions back, and none forward."""

    def __init__(self, seed, dtype):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.filters = nn.ModuleList([nn.Conv1d(WIDTH, WIDTH, 7) for _ in range(2)])
        self.unembed = nn.Linear(WIDTH, VOCABULARY)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.25)
        self.to(dtype)

    def forward(self, x, inference_params_dict=None, padding_mask=None):
        if inference_params_dict is not None or padding_mask is not None:
            raise NotImplementedError("the stand-in has no cache and no mask")
        x = self.embedding(x).transpose(1, 2)
        for layer in self.filters:
            x = torch.tanh(layer(nn.functional.pad(x, (6, 0))))
        return self.unembed(x.transpose(1, 2)), None


class Evo2:
    """The interface of ``evo2.Evo2``; the weights are drawn, or follow from the file's bytes."""

    dtype = torch.float32  # the real one gives bfloat16

    def __init__(self, model_name="evo2_7b", local_path=None, use_kernels=False):
        if model_name not in NAMES:
            raise ValueError(f"Invalid model name {model_name}")
        print(f"Loading model from {local_path}...")  # noqa: T201 - the real one prints, too
        seed = 7
        if local_path is not None:
            seed = int(hashlib.sha256(Path(local_path).read_bytes()).hexdigest()[:8], 16)
        self.model = Network(seed, self.dtype)
        self.tokenizer = CharLevelTokenizer()

    def forward(self, input_ids, return_embeddings=False, layer_names=None):
        if return_embeddings:
            raise NotImplementedError("the stand-in gives no embeddings")
        with torch.no_grad():
            return self.model.forward(input_ids), None

    def __call__(self, input_ids, return_embeddings=False, layer_names=None):
        return self.forward(input_ids, return_embeddings, layer_names)

    def score_sequences(
        self,
        seqs,
        batch_size=1,
        prepend_bos=False,
        reduce_method="mean",
        average_reverse_complement=False,
    ):
        """Return what the real one is documented, and was seen, to return.

        Shorter sequences of a batch are padded on the right. As many predictions count as a
        sequence has bases; without a token in front there is one fewer, so that the last one that
        counts for a padded sequence is that of padding.
        """
        if average_reverse_complement:
            raise NotImplementedError("the stand-in reads one strand")
        scores = []
        for start in range(0, len(seqs), batch_size):
            batch = seqs[start : start + batch_size]
            longest = max(map(len, batch))
            front = [self.tokenizer.eod_id] if prepend_bos else []
            rows = [
                front + self.tokenizer.tokenize(s) + [self.tokenizer.pad_id] * (longest - len(s))
                for s in batch
            ]
            ids = torch.tensor(rows)
            with torch.inference_mode():
                logits, _ = self.model(ids)
            found = torch.log_softmax(logits[:, :-1], dim=-1)  # in the dtype of the logits
            found = found.gather(2, ids[:, 1:, None])[:, :, 0].float()
            for row, sequence in zip(found, batch, strict=True):
                counted = row[: len(sequence)]
                scores.append(float(counted.sum() if reduce_method == "sum" else counted.mean()))
        return scores

    def generate(self, prompt_seqs, n_tokens=500, **options):
        raise NotImplementedError("the stand-in generates nothing")

    def __getattr__(self, name):
        raise AttributeError(f"the real Evo2 documents no {name!r}, so neither has the stand-in")
