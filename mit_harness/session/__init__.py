"""One pytest session with eval cases: its settings, its run, its outcome. No science."""

CASE = "mit_case"
"""User property of a test report: which eval it is. JSON text, like every result that travels."""
RESULT = "mit_result"
"""User property of a test report: what came out of the eval."""
