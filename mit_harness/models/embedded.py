"""The controls that come with the package: how each is built, and what its fingerprint holds.

Importing this module loads no model and no numpy: listing models must stay quick.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from mit_harness.errors import ModelError

if TYPE_CHECKING:
    from mit_harness.models.base import Model

RANDOM_SEED = 0
"""Default seed of the random model."""
MARKOV_ORDER = 5
"""Default order of the Markov chain, in bases."""
GENOME_MD5 = "482a2b04485ec8c4b5f4eaba2c2002da"
"""MD5 of the upper-case bases of NC_000913.3, without line ends."""

_INTEGER = re.compile("-?[0-9]{1,18}")


@lru_cache(maxsize=1)
def weights_sha256() -> str:
    """Return the SHA-256 of the file that holds the published weights."""
    path = files("mit_harness.models").joinpath("data", "published_weights.json")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Option:
    """An integer option of a model spec, such as ``seed`` in ``random?seed=7``.

    Attributes
    ----------
    default
        Taken when the option is not given.
    lowest, highest
        Allowed range, both ends included; None for no upper end.
    """

    default: int
    lowest: int = 0
    highest: int | None = None

    def read(self, text: str, where: str) -> int:
        """Return the value of `text`; `where` names the option in the error.

        Raises
        ------
        ModelError
            If it is no integer, or outside the range.
        """
        if not _INTEGER.fullmatch(text):
            raise ModelError(f"{where} takes an integer, not {text!r}")
        value = int(text)
        if value < self.lowest or (self.highest is not None and value > self.highest):
            upper = "or more" if self.highest is None else f"to {self.highest}"
            raise ModelError(f"{where} must be {self.lowest} {upper}, not {value}")
        return value


@dataclass(frozen=True)
class EmbeddedModel:
    """A model of the package, before it is built.

    Attributes
    ----------
    name
        As in a model spec.
    summary
        One line for people.
    method
        How the number comes about.
    target
        ``module:Class`` below ``mit_harness.models``; imported when the model is built.
    fixed
        Constructor arguments that make this model out of a more general class.
    options
        Options of the spec, also constructor arguments.
    uses_weights, uses_genome
        Data that decide the score and so enter the fingerprint.
    version
        Raised whenever a score changes for another reason than options and data, a change of
        the promoter's layout included.
    """

    name: str
    summary: str
    method: str
    target: str
    fixed: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)
    uses_weights: bool = False
    uses_genome: bool = False
    version: int = 1

    def canonical(self, options: Mapping[str, str]) -> dict[str, int]:
        """Return the value of every option, defaults included.

        Raises
        ------
        ModelError
            If an option is unknown or its value cannot be used.
        """
        if unknown := sorted(set(options) - set(self.options)):
            known = ", ".join(sorted(self.options))
            takes = f"known options: {known}" if known else "it takes no options"
            raise ModelError(f"model {self.name!r} has no option {unknown[0]!r}; {takes}")
        values = {}
        for name, option in sorted(self.options.items()):
            where = f"option {name!r} of model {self.name!r}"
            given = name in options
            values[name] = option.read(options[name], where) if given else option.default
        return values

    def build(self, options: Mapping[str, str]) -> "Model":
        """Return the model, ready to score.

        Raises
        ------
        ModelError
            As `canonical`.
        """
        values = self.canonical(options)
        module, _, cls = self.target.partition(":")
        model: Model = getattr(import_module(f"mit_harness.models.{module}"), cls)(
            **self.fixed, **values
        )
        return model

    def fingerprint(self, options: Mapping[str, str]) -> str:
        """Return a SHA-256 that changes whenever a score could; the model is not built.

        Raises
        ------
        ModelError
            As `canonical`.
        """
        facts = {
            "name": self.name,
            "options": self.canonical(options),
            "version": self.version,
            "weights": weights_sha256() if self.uses_weights else None,
            "genome": GENOME_MD5 if self.uses_genome else None,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _weighted(
    name: str, target: str, summary: str, options: Mapping[str, Option] | None = None, **fixed: int
) -> EmbeddedModel:
    """Return a model made of the published weight matrices."""
    return EmbeddedModel(
        name, summary, "weight-sum", target, fixed, options or {}, uses_weights=True
    )


_MODELS = (
    _weighted("pwm", "pwm:Pwm", "-35 and -10 weight matrices at their places"),
    _weighted(
        "pa-pwm", "pwm:PaPwm", "PWM with spacing, UP element and extended -10 at their places"
    ),
    _weighted("pa-pwm-nocomp", "pwm:PaPwmNoComp", "PA-PWM without UP element and extended -10"),
    _weighted("pa-pwm-nopos", "pwm:PaPwmNoPos", "PA-PWM with the best of each element anywhere"),
    _weighted(
        "orientation-blind",
        "pwm:OrientationBlind",
        "PA-PWM that takes each element in its better orientation, in place",
    ),
    _weighted(
        "end-anchored",
        "pwm:EndAnchored",
        "PA-PWM whose places are counted from the end of the sequence",
    ),
    _weighted("thermo", "thermo:Thermo", "box, spacing, UP and extended -10 energies in place"),
    _weighted(
        "scan",
        "scan:Scan",
        "best boxes anywhere, penalised off 25 and 50 as released (aligned=1: off the layout)",
        options={"aligned": Option(default=0, highest=1)},
    ),
    _weighted(
        "scan-aligned",
        "scan:Scan",
        "scan that expects the boxes where the layout has them",
        aligned=1,
    ),
    _weighted(
        "rpa-pwm", "rpa:RpaPwm", "best pair of boxes 15 to 19 bp apart, anywhere, either strand"
    ),
    _weighted("any-gap", "rpa:AnyGap", "RPA-PWM that takes spacers of 10 to 30 bp alike"),
    EmbeddedModel(
        "random",
        "a standard normal draw from seed and sequence",
        "random-draw",
        "simple:Random",
        options={"seed": Option(RANDOM_SEED)},
    ),
    EmbeddedModel("at-content", "fraction of A and T", "fraction", "simple:AtContent"),
    EmbeddedModel(
        "kmer",
        "summed log frequency of 6-mers in the E. coli genome",
        "log-frequency",
        "genomic:Kmer",
        uses_genome=True,
    ),
    EmbeddedModel(
        "markov",
        "log-likelihood under the E. coli genome's Markov chain",
        "log-likelihood",
        "genomic:Markov",
        # 4**11 counts of the longest words are as many as the genome has places.
        options={"order": Option(MARKOV_ORDER, highest=10)},
        uses_genome=True,
    ),
)

EMBEDDED: Mapping[str, EmbeddedModel] = MappingProxyType({model.name: model for model in _MODELS})
"""Every control of the package by its name; its language models are `models.references`."""
