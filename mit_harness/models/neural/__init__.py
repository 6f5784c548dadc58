"""Neural genomic language models; nothing here is imported before one of them is loaded."""
