"""Biology: the grammar of a promoter, sequences built from it, the genome, shuffles."""
