"""Claims: each module designs the sequences of one claim and judges their scores."""
