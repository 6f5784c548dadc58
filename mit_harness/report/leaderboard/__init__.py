"""The leaderboard: tables of one run or several, as markdown, HTML, CSV and LaTeX."""

from mit_harness.report.leaderboard.as_markdown import to_markdown
from mit_harness.report.leaderboard.merge import merge
from mit_harness.report.leaderboard.table import describe_design, ranked, table, verdict_table

__all__ = ["describe_design", "merge", "ranked", "table", "to_markdown", "verdict_table"]
