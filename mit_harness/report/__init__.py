"""results.json is the source of truth; every table is made from it."""
