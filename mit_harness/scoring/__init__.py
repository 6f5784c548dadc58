"""From sequences to scores: each distinct sequence once per model, kept in a store."""
