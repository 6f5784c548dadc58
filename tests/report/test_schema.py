"""results.json comes back as it was written, and nothing else is taken for one."""

import json
import math

import pytest
from pydantic import ValidationError

from mit_harness.errors import ReportError
from mit_harness.report.folder import read_results, schema_json, sealed, to_json
from mit_harness.report.schema import SCHEMA, MetricRecord, ModelRecord


def refuse(word):
    raise AssertionError(f"{word} is not JSON")


def strict(text):
    return json.loads(text, parse_constant=refuse)


def test_a_run_comes_back_as_it_was(make, tmp_path):
    results = sealed(make.small_run())
    (tmp_path / "results.json").write_text(to_json(results), encoding="utf-8")
    assert read_results(tmp_path) == results
    assert read_results(tmp_path / "results.json") == results
    assert to_json(read_results(tmp_path)) == to_json(results)


@pytest.mark.parametrize(("value", "text"), [(math.inf, "Infinity"), (-math.inf, "-Infinity")])
def test_infinite_values_are_strings_and_come_back(make, value, text):
    record = make.metric(value, None, None, ci90_low=-math.inf)
    written = strict(record.model_dump_json())
    assert (written["value"], written["ci90_low"]) == (text, "-Infinity")
    assert MetricRecord.model_validate_json(record.model_dump_json()) == record


def test_the_same_results_give_the_same_bytes(make):
    assert to_json(make.small_run()) == to_json(make.small_run())
    assert to_json(make.small_run()).endswith("}\n")


def test_the_schemas_name_stands_first_under_its_own_key(make):
    written = strict(to_json(make.small_run()))
    assert list(written) == ["schema", "run", "design", "scores", "models"]
    assert written["schema"] == SCHEMA == "mit-harness/results/1"


def test_ties_and_the_smallest_detectable_effect_are_written(make):
    claim = strict(to_json(make.small_run()))["models"][0]["claims"][0]
    assert claim["metrics"]["css"]["ties"] == 0
    assert claim["metrics"]["css"]["mde"] == 0.645


def test_a_model_without_a_fingerprint_has_none(make):
    record = make.model(fingerprint=None)
    assert ModelRecord.model_validate_json(record.model_dump_json()).fingerprint is None


def test_the_schema_is_json_and_describes_every_metric():
    schema = strict(schema_json())
    assert set(schema["properties"]) == {"schema", "run", "design", "scores", "models"}
    assert "description" in schema["$defs"]["MetricRecord"]["properties"]["mde"]


def test_records_cannot_be_changed(make):
    with pytest.raises(ValidationError, match="frozen"):
        make.claim().verdict = "holds"


def changed(make, path, value):
    """Return the text of a run in which one place is another value; None removes it."""
    written = json.loads(to_json(make.small_run()))
    place = written
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(written)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("notes",), "x", "results.json is not a results file: notes: Extra inputs are not"),
        (("models", 0, "colour"), "x", "models.0.colour: Extra inputs are not permitted"),
        (
            ("models", 0, "claims", 0, "metrics", "css", "extra"), 1,
            "models.0.claims.0.metrics.css.extra: Extra",
        ),
        (("models", 0, "claims", 0, "verdict"), "great", "models.0.claims.0.verdict: Input should"),
        (("models", 0, "kind"), "hostile", "models.0.kind: Input should be 'control'"),
        (("design", "split"), "train", "design.split: Input should be 'test' or 'dev'"),
        (("design",), None, "design: Field required"),
        (("models", 0, "tolerance"), "much", "models.0.tolerance: Input should be a valid number"),
        (("schema",), "another/thing/1", "results.json is not a results file: schema: Input"),
        (("schema",), 1, "results.json is not a results file: schema: Input"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_schema_is_refused_in_one_line(make, tmp_path, path, value, words):
    (tmp_path / "results.json").write_text(changed(make, path, value))
    with pytest.raises(ReportError) as caught:
        read_results(tmp_path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_version_is_named_with_what_to_do(make, tmp_path):
    text = changed(make, ("schema",), "mit-harness/results/2")
    text = text.replace('"models"', '"evaluations"')  # as a newer version well might
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(ReportError) as caught:
        read_results(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/results.json has the schema 'mit-harness/results/2', and this version of "
        "mit-harness reads 'mit-harness/results/1'; use the version that wrote it, or run again"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is not a results file: the file: Invalid JSON"),
        (b"{", "is not a results file: the file: Invalid JSON"),
        (b"[]", "is not a results file: the file: "),
        (b"id\tscore\n", "is not a results file: the file: Invalid JSON"),
        (b"\xff\xfe\x00", "is not a results file: it is not UTF-8 text"),
    ],
)
def test_what_is_no_json_object_is_refused_in_one_line(tmp_path, data, words):
    (tmp_path / "results.json").write_bytes(data)
    with pytest.raises(ReportError) as caught:
        read_results(tmp_path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ReportError) as caught:
        read_results(tmp_path / "x.json")
    assert str(caught.value) == f"{tmp_path}/x.json cannot be read: No such file or directory"
    with pytest.raises(ReportError, match=r"results\.json cannot be read: No such file"):
        read_results(tmp_path)


def test_what_a_model_has_seen_is_written_only_where_it_is_known(make):
    known = make.model(seen="nine tenths of NC_000913.3")
    assert strict(known.model_dump_json())["seen"] == "nine tenths of NC_000913.3"
    assert ModelRecord.model_validate_json(known.model_dump_json()) == known
    # A file written before there was the field keeps its bytes, and so its checksum.
    assert "seen" not in make.model().model_dump_json()
