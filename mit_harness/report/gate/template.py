"""The starter that ``mit-harness gate --init`` writes: every key there is, with what it does."""

STARTER = """\
# A gate: rules that a finished run has to satisfy before a model is released.
#   pytest evals --mit-model MY-MODEL --mit-gate gate.toml
#   mit-harness gate reports/latest gate.toml
# Exit status: 0 promote, 1 block, 2 could not judge. Whatever is missing, undefined, skipped or
# cannot be recomputed blocks. See docs/gate.md.
schema = "mit-harness/gate/1"

# Whom the rules are for; default: every model of kind user in the run.
# models = ["my-model"]

# Claims that have to be judged for every gated model.
require_ran = ["compensation", "scrambled_control"]

# How an expected "holds" is corrected: "holm" over the claims that rules name for the model,
# "bh" over the models of the run, or "none".
multiplicity = "holm"

# "required": a model whose noise floor is unknown blocks; "if-known": it is said, and goes on.
noise_floor = "if-known"

# What regressions are measured against: a results.json (or its folder), relative to this file.
# --baseline, or --mit-baseline with pytest, names another.
# [baseline]
# results = "baseline/results.json"
# max_age_days = 180                # an older one is stale, and blocks
# models = { "my-model" = "my-model-v1" }   # where a model has another name there

# Rules by claim and metric. `mit-harness claims` lists the claims, results.json has the metrics.
[claims.compensation.css]
min_ci_low = 0.5       # the 95 % interval, less the noise band, lies at or above this

[claims.scrambled_control.scr_decoy]
min_ci_low = 0.5
# max_regression = 0.05  # the 95 % CI of candidate - baseline reaches no lower than -0.05
min_power = 0.8        # probability of detecting ...
power_at = 0.65        # ... this proportion (or an effect in the metric's unit)

# Verdicts by model; "*" is every gated model. A "holds" has to survive the correction.
[expected."*"]
scrambled_control = ["holds"]
"""
