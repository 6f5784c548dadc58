"""What a checkpoint's configuration says: its kind, whether its own code has to run, its limits."""

from collections.abc import Collection, Mapping
from typing import Any

from mit_harness.errors import ModelError
from mit_harness.models.neural.flanks import LikelihoodKind
from mit_harness.models.neural.options import Source, is_commit

AUTO_CLASS: dict[LikelihoodKind, str] = {
    "causal": "AutoModelForCausalLM",
    "masked": "AutoModelForMaskedLM",
}
"""transformers' name for what loads a model of that kind."""

_ENDINGS: dict[LikelihoodKind, tuple[str, ...]] = {
    "causal": ("ForCausalLM", "LMHeadModel"),
    "masked": ("ForMaskedLM",),
}


def detect_kind(config: Mapping[str, Any], named: str) -> LikelihoodKind:
    """Return whether a checkpoint is causal or masked, by the architectures that it names.

    Raises
    ------
    ModelError
        If it names none or both.
    """
    architectures = [str(name) for name in config.get("architectures") or ()]
    auto_map = config.get("auto_map")
    said = {kind for kind in AUTO_CLASS if any(n.endswith(_ENDINGS[kind]) for n in architectures)}
    if not said and isinstance(auto_map, dict):
        said = {kind for kind, auto in AUTO_CLASS.items() if auto in auto_map}
    if len(said) == 1:
        return said.pop()
    shown = ", ".join(architectures) or "nothing"
    raise ModelError(
        f"{named}: whether it is causal or masked cannot be told from its configuration, which "
        f"names {shown}; add ?kind=causal or ?kind=masked"
    )


def code_needed(
    config: Mapping[str, Any], tokenizer_config: Mapping[str, Any], kind: LikelihoodKind
) -> list[str]:
    """Return the references to Python code of the repository that loading would run.

    Parameters
    ----------
    config, tokenizer_config
        The checkpoint's ``config.json`` and ``tokenizer_config.json``.
    kind
        Decides which model class is loaded.

    Returns
    -------
    list of str
        Such as ``"modeling_x.XForCausalLM"``, or ``"ORG/OTHER--module.Class"``.
    """
    found: list[str] = []
    for table, keys in (
        (config.get("auto_map"), ("AutoConfig", AUTO_CLASS[kind], "AutoTokenizer")),
        (tokenizer_config.get("auto_map"), ("AutoTokenizer",)),
    ):
        named = table if isinstance(table, dict) else {"AutoTokenizer": table}
        for key in keys:
            given = named.get(key)
            found += [str(one) for one in (given if isinstance(given, list) else [given]) if one]
    return list(dict.fromkeys(found))


def refuse_untrusted(
    code: Collection[str], source: Source, commit: str, spec: str, *, trusted: bool
) -> None:
    """Raise if code would run that the user has not trusted, or that could change.

    Parameters
    ----------
    code
        As `code_needed` returns it.
    source, commit
        Where the checkpoint lies, and the commit that this is now; empty for a folder.
    spec
        As the user wrote it, without options.
    trusted
        Whether ``--mit-trust-remote-code`` names it.

    Raises
    ------
    ModelError
        With exactly what to add.
    """
    if not code:
        return
    named, first = str(source), next(iter(code))
    elsewhere = {c.partition("--")[0] for c in code if "--" in c} - {source.repo}
    if elsewhere:
        raise ModelError(
            f"{named}: its code lies in another repository ({min(elsewhere)}), whose revision "
            "nothing pins; download both, put the Python files beside config.json, remove "
            f"'{min(elsewhere)}--' from its auto_map, and name the folder: hf:./FOLDER"
        )
    pinned = source.folder is not None or is_commit(source.revision)
    if trusted and pinned:
        return
    wanted = spec if pinned else f"{spec.partition('@')[0]}@{commit}"
    first = first.rpartition("--")[2].partition(".")[0] + ".py"
    if not trusted:
        raise ModelError(
            f"{named} runs Python code of its own ({first}), with all rights that you have; read "
            f"it, and then add --mit-trust-remote-code '{wanted}'"
            + (f" and name the model '{wanted}' too" if not pinned else "")
        )
    raise ModelError(
        f"{named} runs Python code of its own ({first}), which may change at any time at revision "
        f"{source.revision or 'main'!r}; name the full commit, '{wanted}', in both options"
    )


def is_trusted(spec: str, trusted: Collection[str]) -> bool:
    """Tell whether ``--mit-trust-remote-code`` names a model.

    Parameters
    ----------
    spec
        As the user wrote it, options included or not; they make no difference.
    trusted
        What was trusted. Without a revision it stands for the model at any, which still has to be
        a full commit; with one, for that revision only.
    """
    base = spec.partition("?")[0]
    for given in trusted:
        name = given.strip().partition("?")[0]
        if name == base or (name and "@" not in name and base.startswith(name + "@")):
            return True
    return False


def refuse_unsupported(config: Mapping[str, Any], named: str) -> None:
    """Raise if loading would read, or run, something else than the checkpoint's own weights.

    Raises
    ------
    ModelError
        For quantised weights, weights under another name, and kernels from the hub.
    """
    kernel = _foreign_kernel(config)
    if kernel is not None:
        raise ModelError(
            f"{named}: its configuration asks for the code of another repository ({kernel}), which "
            "nothing pins; remove that from config.json and name the folder: hf:./FOLDER"
        )
    for key, what in (
        (
            "quantization_config",
            "its weights are quantised, and what is scored would depend on how",
        ),
        ("transformers_weights", "its configuration names another file of weights"),
    ):
        if config.get(key):
            raise ModelError(f"{named}: {what} ({key} in config.json); use the original checkpoint")


def _foreign_kernel(config: object) -> str | None:
    """Return the repository whose compiled code transformers would fetch for a configuration."""
    if not isinstance(config, dict):
        return None
    for key, value in config.items():
        if str(key).endswith("_implementation") and "/" in str(value):
            return str(value)
        found = _foreign_kernel(value)
        if found is not None:
            return found
    return None
