"""What an actor does: it makes a model again from its spec, holds it, and scores batches."""

import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mit_harness.errors import MitHarnessError, ModelError
from mit_harness.models.base import Loading, ModelHandle, Scores
from mit_harness.models.registry import Registry
from mit_harness.scoring.engine import LazyModel, score_batch
from mit_harness.scoring.noise import Noise, noise_floor

Reply = Scores | Noise | MitHarnessError
"""An error is returned, not raised: it is the model's, and no reason to ask another actor."""


@dataclass(frozen=True)
class Recipe:
    """What another process needs to make a model again: a handle holds functions, and stays.

    Attributes
    ----------
    spec, name, fingerprint, method
        As in `ModelHandle`.
    run_id
        Names the run in the keys of models without a fingerprint of their own.
    loading
        How neural models are loaded.
    """

    spec: str
    name: str
    fingerprint: str
    method: str
    run_id: str
    loading: Loading

    @classmethod
    def of(cls, handle: ModelHandle, run_id: str, loading: Loading) -> "Recipe":
        """Return the recipe of a model that `Registry` resolved from its spec."""
        return cls(handle.spec, handle.name, handle.fingerprint, handle.method, run_id, loading)

    def handle(self) -> ModelHandle:
        """Return the handle, made here.

        Raises
        ------
        ModelError
            If the model cannot be named here, or would give other scores here.
        """
        from dataclasses import replace

        handle = Registry(self.run_id, loading=self.loading).resolve(self.spec)
        if (handle.fingerprint, handle.method) != (self.fingerprint, self.method):
            raise ModelError(
                f"{self.name} is another model on {platform.node()}, where its fingerprint "
                "differs; every machine of the cluster needs the same files and packages"
            )
        return replace(handle, name=self.name)


class Scorer:
    """One actor: holds one model at a time, and loads it once.

    Parameters
    ----------
    folder, path
        Working folder and ``sys.path`` of who asks, so that relative files and ``py:`` modules
        are found; left alone as far as they do not exist here.
    """

    def __init__(self, folder: str, path: Iterable[str]) -> None:
        if Path(folder).is_dir():
            os.chdir(folder)
        sys.path += [entry for entry in path if entry not in sys.path]
        self._recipe: Recipe | None = None
        self._model: LazyModel | None = None

    def ready(self) -> None:
        """Answer as soon as this process has begun."""

    def work(self, recipe: Recipe, batch: list[str] | None) -> Reply:
        """Score a batch, or measure the model's noise floor where there is none."""
        try:
            model = self._held(recipe)
            return noise_floor(model) if batch is None else score_batch(model, batch)
        except MitHarnessError as error:
            return error

    def close(self) -> None:
        """Release the model."""
        model, self._recipe, self._model = self._model, None, None
        if model is not None:
            model.close()

    def _held(self, recipe: Recipe) -> LazyModel:
        if self._model is None or recipe != self._recipe:
            self.close()
            self._model, self._recipe = LazyModel(recipe.handle()), recipe
        return self._model
