"""Measured promoters: data sets that are fetched, never shipped, and what is read from them."""
