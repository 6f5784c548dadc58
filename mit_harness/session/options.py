"""Every option of the pytest plugin in one plain table; imported in every pytest session."""

from typing import Literal, NamedTuple


class Option(NamedTuple):
    """One option: ``--mit-NAME``, ``MIT_HARNESS_NAME``, ini ``mit_NAME``, in that order."""

    name: str
    help: str
    metavar: str | None = None
    repeat: bool = False
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """The command-line flag."""
        return "--mit-" + self.name.replace("_", "-")

    @property
    def key(self) -> str:
        """The name on ``config.option`` and in the ini file."""
        return "mit_" + self.name

    @property
    def environment(self) -> str:
        """The environment variable; values of repeatable options are separated by spaces."""
        return "MIT_HARNESS_" + self.name.upper()

    @property
    def is_switch(self) -> bool:
        """Whether the option takes no value."""
        return self.metavar is None and not self.choices

    @property
    def ini_type(self) -> Literal["args", "bool", "string"]:
        """What pytest takes the ini value for."""
        if self.repeat:
            return "args"
        return "bool" if self.is_switch else "string"


OPTIONS = (
    Option(
        "model",
        "model to evaluate, repeatable; sets: embedded (the default), controls, references",
        "SPEC",
        True,
    ),
    Option("claim", "judge only this shipped claim (exact id)", "ID", True),
    Option("report", "folder for results.json and leaderboard.md (reports/latest)", "DIR"),
    Option("suite", "your own sequences for the eight classes", "FILE"),
    Option(
        "regulondb",
        "RegulonDB's PromoterSet.tsv, in place of the shipped natural promoters",
        "FILE",
    ),
    Option(
        "protocol",
        "matched (ours, the default) or the paper's statistics",
        choices=("matched", "published"),
    ),
    Option("n", "number of backgrounds, that is of pairs (default 100)", "N"),
    Option("seed", "seed of every random choice (default 42)", "SEED"),
    Option(
        "split",
        "test (the default), or dev: another seed stream to tune on",
        choices=("test", "dev"),
    ),
    Option("break", "form of every broken -10 box (default TGTAAT)", "FORM"),
    Option(
        "measured",
        "measured promoters to judge by: off (the default), fetched, or a workbook",
        "FILE",
    ),
    Option("store", "score store, an SQLite file (default: the user's cache folder)", "PATH"),
    Option("batch_tokens", "bases scored between two commits to the store", "N"),
    Option(
        "trust_remote_code",
        "run the Python code of this model, repeatable; its revision must be a full commit",
        "SPEC",
        True,
    ),
    Option(
        "engine",
        "where models score: local (this process, the default), or ray (RAY_ADDRESS, or here)",
        choices=("local", "ray"),
    ),
    Option("ray_cpus", "CPUs of one Ray actor (default 1)", "N"),
    Option("offline", "download nothing"),
    Option("device", "cpu, cuda, cuda:1 or mps (default: the best there is)", "DEVICE"),
    Option(
        "dtype",
        "of neural models' parameters (default float32)",
        choices=("float32", "bfloat16", "float16", "float64"),
    ),
    Option("max_memory", "refuse a run whose models need more, such as 40GB", "SIZE"),
    Option("baseline", "finished run to compare with, a results.json or its folder", "FILE"),
    Option("plan", "print what would be scored, and stop"),
    Option("measure_only", "no claim fails the run; errors still do"),
    Option("gate", "rules that alone decide: exit 0 promote, 1 block, 2 could not judge", "FILE"),
)
