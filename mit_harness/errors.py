"""What can go wrong, said for people: one sentence with the input, the fault and what to do."""


def printable(text: str) -> str:
    """Return `text` on one line, with control characters (ANSI codes, newlines) escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class MitHarnessError(Exception):
    """Base of every error this package raises on purpose; its text is shown without a traceback."""

    def __str__(self) -> str:
        """Return one printable line, whatever a file or a model put into it."""
        return printable(super().__str__())


class InputError(MitHarnessError):
    """A sequence, a file or an option that cannot be used."""


class FetchError(MitHarnessError):
    """A data set that cannot be downloaded, or not be kept."""


class ModelError(MitHarnessError):
    """A model that is unknown, cannot be loaded, or fails while scoring."""


class EngineError(MitHarnessError):
    """A cluster that cannot be used, or that lost more processes than it may."""


class StoreError(MitHarnessError):
    """A score store that cannot be opened, read or written."""


class ReportError(MitHarnessError):
    """A report that cannot be read or written."""


class NotApplicable(MitHarnessError):  # noqa: N818 - a reason to skip, not an error
    """A claim that cannot be asked of this suite or protocol; why its eval is skipped."""


def near(name: str, known: list[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known names closest to `name`, or what is known."""
    import difflib

    spelled = {k.lower(): k for k in known}
    close = difflib.get_close_matches(name.lower(), spelled, n=3, cutoff=0.6)
    matches = [spelled[match] for match in close]
    if matches:
        return "; did you mean " + " or ".join(repr(m) for m in matches) + "?"
    return "; known: " + ", ".join(sorted(known)) if known else ""
