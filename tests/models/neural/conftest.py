"""Tiny random checkpoints of every architecture and tokenizer family, built from configs.

No official weights are needed: each is written to a temporary folder once and loaded from there,
as a real one is. The weights are large on purpose, so that every token matters to every other.
"""

import copy
import itertools
import random
import textwrap
import warnings

import pytest

CAUSAL_CODE = """
import torch
from torch import nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, CausalLMOutput


class ConvConfig(PretrainedConfig):
    model_type = "tiny_conv"

    def __init__(self, vocab_size=12, width=16, taps=9, pad_vocab_size_multiple=8, **kwargs):
        self.vocab_size, self.width, self.taps = vocab_size, width, taps
        self.pad_vocab_size_multiple = pad_vocab_size_multiple
        kwargs.setdefault("tie_word_embeddings", False)  # some versions would tie them unasked
        super().__init__(**kwargs)


class ConvPreTrained(PreTrainedModel):
    config_class = ConvConfig
    base_model_prefix = "conv"

    def _init_weights(self, module):
        for parameter in module.parameters(recurse=False):
            nn.init.normal_(parameter, std=0.7)


class ConvModel(ConvPreTrained):
    def __init__(self, config):
        super().__init__(config)
        multiple = config.pad_vocab_size_multiple
        padded = -(-config.vocab_size // multiple) * multiple
        self.embeddings = nn.Embedding(padded, config.width)
        self.filter = nn.Conv1d(config.width, config.width, config.taps)
        self.post_init()

    def get_input_embeddings(self):
        return self.embeddings

    def forward(self, input_ids, return_dict=None):
        x = self.embeddings(input_ids).transpose(1, 2)
        x = self.filter(nn.functional.pad(x, (self.config.taps - 1, 0)))
        hidden = torch.tanh(x).transpose(1, 2)
        return BaseModelOutput(last_hidden_state=hidden)


class ConvForCausalLM(ConvPreTrained):
    def __init__(self, config):
        super().__init__(config)
        self.conv = ConvModel(config)
        self.lm_head = nn.Linear(config.width, self.conv.embeddings.num_embeddings, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.conv.embeddings

    def forward(self, input_ids, return_dict=None):  # no attention_mask, as HyenaDNA
        return CausalLMOutput(logits=self.lm_head(self.conv(input_ids)[0]).float())
"""

TOKENIZER_CODE = """
from transformers import PreTrainedTokenizer

SPECIAL = ["[CLS]", "[SEP]", "[BOS]", "[MASK]", "[PAD]", "[RESERVED]", "[UNK]"]


class BaseTokenizer(PreTrainedTokenizer):
    model_input_names = ["input_ids"]

    def __init__(self, characters="ACGTN", padding_side="left", **kwargs):
        self.characters = characters
        self.ids = {token: i for i, token in enumerate([*SPECIAL, *characters])}
        names = ("cls", "sep", "bos", "mask", "pad", "unk")
        for name in names:
            kwargs.setdefault(f"{name}_token", f"[{name.upper()}]")
        kwargs.setdefault("eos_token", "[SEP]")
        super().__init__(characters=characters, padding_side=padding_side, **kwargs)

    @property
    def vocab_size(self):
        return len(self.ids)

    def get_vocab(self):
        return dict(self.ids)

    def _tokenize(self, text, **kwargs):
        return list(text)

    def _convert_token_to_id(self, token):
        return self.ids.get(token, self.ids["[UNK]"])

    def _convert_id_to_token(self, index):
        return [*self.ids][index]

    def convert_tokens_to_string(self, tokens):
        return "".join(tokens)

    def build_inputs_with_special_tokens(self, token_ids_0, token_ids_1=None):
        return token_ids_0 + [self.sep_token_id]

    def save_vocabulary(self, save_directory, filename_prefix=None):
        return ()
"""

KMERS = ["".join(word) for word in itertools.product("ATCG", repeat=6)]


def random_sequences(n, length=100, seed=0):
    """Return n sequences; `length` in bp, or (least, most)."""
    rng = random.Random(seed)
    least, most = (length, length) if isinstance(length, int) else length
    return ["".join(rng.choices("ACGT", k=rng.randint(least, most))) for _ in range(n)]


def kmer_tokenizer(folder):
    from transformers import EsmTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    words = ["<unk>", "<pad>", "<mask>", "<cls>", *KMERS, *"ATCGN"]
    (folder / "vocab.txt").write_text("\n".join(words))
    return EsmTokenizer(str(folder / "vocab.txt"), eos_token=None)


def bpe_tokenizer():
    """Like DNABERT-2's and GROVER's: BPE of upper-case bases, [CLS] and [SEP] around."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    bpe = Tokenizer(models.BPE(unk_token="[UNK]"))
    bpe.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    bpe.train_from_iterator(random_sequences(200, 150, seed=9), trainer)
    bpe.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "cls", "sep", "pad", "mask")}
    return PreTrainedTokenizerFast(tokenizer_object=bpe, **names)


def base_tokenizer(alphabet="ACGT", template="$A", unk=True, extra=()):
    """One token a base; `template` is a post-processor's, such as ``<s> $A``."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<s>", "</s>", "<pad>", "<mask>", *(["<unk>"] if unk else []), *extra]
    ids = {token: i for i, token in enumerate([*special, *alphabet])}
    single = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    single.pre_tokenizer = pre_tokenizers.Split(Regex("<[^>]*>|."), "isolated")
    single.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "mask_token": "<mask>"}
    if unk:
        names["unk_token"] = "<unk>"
    return PreTrainedTokenizerFast(tokenizer_object=single, **names)


def byte_tokenizer():
    from transformers import ByT5Tokenizer

    return ByT5Tokenizer(extra_ids=0)


def _small(**more):
    return {
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "initializer_range": 0.3,
        **more,
    }


def _esm(folder):
    from transformers import EsmConfig, EsmForMaskedLM

    tokenizer = kmer_tokenizer(folder / "vocabulary")
    config = EsmConfig(
        **_small(
            vocab_size=len(tokenizer),
            pad_token_id=1,
            mask_token_id=2,
            token_dropout=True,
            position_embedding_type="absolute",
            emb_layer_norm_before=False,
            max_position_embeddings=130,
        )
    )
    return EsmForMaskedLM(config), tokenizer


def _bert(folder):
    from transformers import BertConfig, BertForMaskedLM

    tokenizer = bpe_tokenizer()
    sizes = _small(vocab_size=len(tokenizer), pad_token_id=3, max_position_embeddings=200)
    return BertForMaskedLM(BertConfig(**sizes)), tokenizer


def _modernbert(folder):
    import transformers

    if not hasattr(transformers, "ModernBertConfig"):
        pytest.skip("transformers before 4.48 has no ModernBERT")
    from transformers import ModernBertConfig, ModernBertForMaskedLM

    tokenizer = base_tokenizer(template="<s> $A </s>")
    config = ModernBertConfig(
        **_small(
            vocab_size=16,  # padded beyond the tokenizer's 9
            pad_token_id=2,
            bos_token_id=0,
            eos_token_id=1,
            cls_token_id=0,
            sep_token_id=1,
            local_attention=16,
            global_attn_every_n_layers=2,
            initializer_cutoff_factor=3.0,
        )
    )
    return ModernBertForMaskedLM(config), tokenizer


def _llama(folder):
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = base_tokenizer(template="<s> $A")
    config = LlamaConfig(
        **_small(vocab_size=16, bos_token_id=0, eos_token_id=1, num_key_value_heads=1)
    )
    return LlamaForCausalLM(config), tokenizer


def _neox(folder):
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    tokenizer = base_tokenizer(template="$A </s>")
    # Half of a head's 12 values turn: of a quarter, 3, transformers before 4.48 makes pairs badly.
    config = GPTNeoXConfig(
        **_small(vocab_size=len(tokenizer), bos_token_id=0, eos_token_id=1, rotary_pct=0.5)
    )
    return GPTNeoXForCausalLM(config), tokenizer


def _mamba(folder):
    from transformers import MambaConfig, MambaForCausalLM

    tokenizer = base_tokenizer(template="$A")
    config = MambaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        state_size=4,
        num_hidden_layers=2,
        conv_kernel=3,
        initializer_range=0.3,
    )
    return MambaForCausalLM(config), tokenizer


def _bytes(folder):
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = byte_tokenizer()
    config = LlamaConfig(**_small(vocab_size=len(tokenizer), bos_token_id=1, eos_token_id=1))
    return LlamaForCausalLM(config), tokenizer


BUILDERS = {
    "esm": _esm,
    "bert": _bert,
    "modernbert": _modernbert,
    "llama": _llama,
    "neox": _neox,
    "mamba": _mamba,
    "bytes": _bytes,
}
KINDS = dict.fromkeys(("esm", "bert", "modernbert"), "masked")
KINDS |= dict.fromkeys(("llama", "neox", "mamba", "bytes", "remote"), "causal")


def _write_remote(folder):
    """Write a checkpoint that brings its own code, as the hub's HyenaDNA does."""
    import importlib.util
    import json

    import torch
    from safetensors.torch import save_file

    (folder / "modeling_tiny.py").write_text(textwrap.dedent(CAUSAL_CODE))
    (folder / "tokenization_tiny.py").write_text(textwrap.dedent(TOKENIZER_CODE))
    spec = importlib.util.spec_from_file_location("modeling_tiny", folder / "modeling_tiny.py")
    code = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(code)
    torch.manual_seed(0)
    network = code.ConvForCausalLM(code.ConvConfig())
    config = {
        **network.config.to_dict(),
        "architectures": ["ConvForCausalLM"],
        "auto_map": {
            "AutoConfig": "modeling_tiny.ConvConfig",
            "AutoModelForCausalLM": "modeling_tiny.ConvForCausalLM",
        },
    }
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = {
        "tokenizer_class": "BaseTokenizer",
        "auto_map": {"AutoTokenizer": ["tokenization_tiny.BaseTokenizer", None]},
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    save_file(network.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """Return a function that gives the folder of a tiny checkpoint by its name in `KINDS`."""
    torch = pytest.importorskip("torch", reason="neural models need torch")
    pytest.importorskip("transformers", reason="neural models need transformers")
    made = {}

    def find(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(f"tiny_{name}")
            if name == "remote":
                _write_remote(folder)
            else:
                torch.manual_seed(0)
                with warnings.catch_warnings():  # what transformers imports may be deprecated
                    warnings.simplefilter("ignore", DeprecationWarning)
                    network, tokenizer = BUILDERS[name](folder)
                network.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
            made[name] = folder
        return made[name]

    return find


@pytest.fixture(scope="session")
def loaded(checkpoint, tmp_path_factory):
    """Return a function that gives (network, tokenizer, kind) of a tiny checkpoint, fresh."""
    import torch
    import transformers
    from transformers import dynamic_module_utils

    kept, threads = {}, torch.get_num_threads()
    torch.set_num_threads(1)  # threads only cost on networks this small
    with pytest.MonkeyPatch.context() as patch:
        # The code of a remote checkpoint is copied there; never into the user's cache.
        patch.setattr(
            dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path_factory.mktemp("modules"))
        )

        def load(name):
            if name not in kept:
                folder, kind = checkpoint(name), KINDS[name]
                trust = {"trust_remote_code": name == "remote", "local_files_only": True}
                auto = "AutoModelForMaskedLM" if kind == "masked" else "AutoModelForCausalLM"
                with warnings.catch_warnings():  # what transformers imports may be deprecated
                    warnings.simplefilter("ignore", DeprecationWarning)
                    network = getattr(transformers, auto).from_pretrained(folder, **trust)
                tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **trust)
                kept[name] = network.eval(), tokenizer, kind
            network, tokenizer, kind = kept[name]
            return copy.deepcopy(network), tokenizer, kind

        yield load
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def model(loaded):
    """Return a function that gives a `NeuralModel` of a tiny checkpoint, and takes its options."""

    def make(name, **options):
        from mit_harness.models.neural.model import NeuralModel

        network, tokenizer, kind = loaded(name)
        return NeuralModel(network, tokenizer, kind, **options)

    return make


@pytest.fixture(scope="session")
def sequences():
    """Return n random sequences of a length in bp, or of lengths between two."""
    return random_sequences


@pytest.fixture(scope="session")
def single_base():
    """Return a function that builds a tokenizer of one token a base; see `base_tokenizer`."""
    return base_tokenizer
