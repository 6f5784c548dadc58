"""Tell whether a genomic language model knows where a promoter's elements belong.

A pytest-style harness for the Mechanistic Invariance Test (arXiv 2604.06549). Each mechanistic
claim is an eval case parameterised over models; see ``evals/`` and ``docs/``.
"""

__version__ = "0.1.0"
