"""Statistics: paired proportions, effect sizes, bootstrap intervals, corrections and verdicts."""
