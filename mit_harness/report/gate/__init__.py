"""The gate: rules of a TOML file, held against a finished run; fails closed. See docs/gate.md."""
