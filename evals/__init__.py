"""The eval cases: one claim, one assertion each. Run ``pytest evals -k scrambled_control``."""
