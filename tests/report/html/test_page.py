"""The page without a browser: landmarks, labels, ids, no address outside, names that do no harm."""

import base64
import hashlib
import json
import re
from itertools import pairwise

import pytest

from mit_harness.report.html.embedded import figures
from mit_harness.report.html.page import Run, page, stamped
from mit_harness.report.items import ItemScores

HOSTILE = [
    '</script><script>alert("1")</script>',
    "<img src=x onerror=alert(2)>",
    '"\' onmouseover="alert(3)',
    "{{ 7 * 7 }} {% raw %}",
    "<!--stamp-->evil<!--/stamp-->",
    "a\u202egnp.exe\u0000\x1b[31m",
    "x" * 200,
]


def drawn(run):
    return page(Run(run.results, run.items, run.audit, lambda: figures(run.results, run.items)))


def check(parse, text):
    """Check what must hold of every page, and return it parsed."""
    found = parse(text)
    ids = [attrs["id"] for _, attrs in found.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for attrs in found.all("a"):
        assert attrs["href"][1:] in ids, attrs
    for attrs in found.all("input", "select"):
        assert attrs["id"] in {label.get("for") for label in found.all("label")}
    for tag, attrs in found.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert attrs.get(name, ids[0]) in ids
        assert not any(name.startswith("on") for name in attrs), attrs
        assert not {"src", "srcset", "action"} & set(attrs), (tag, attrs)
        assert tag not in {"link", "iframe", "object", "base"}
        if tag == "th":
            assert attrs["scope"] in {"row", "col"}
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    for tag in ("main", "header", "nav", "footer", "title"):
        assert len(found.all(tag)) == 1
    assert found.all("html") == [{"lang": "en"}]
    assert found.all("a")[0] == {"class": "skip", "href": "#main"}
    assert len(found.all("caption")) == len(found.all("table"))
    return found


def scripts(text):
    return re.findall("<script>(.*?)</script>", text, flags=re.DOTALL)


def data(text):
    return json.loads(re.search('id="data">(.*?)</script>', text, flags=re.DOTALL).group(1))


def test_a_run_is_a_page_with_its_verdicts_in_signs_and_words(small, parse):
    found = check(parse, drawn(small))
    said = found.said()
    for word in ("● holds", "holds*", "◐ undecided", "✕ error", "drifted", "my-model"):
        assert word in said
    assert "3 models, 4 claims with a verdict" in said
    assert "holds: css = 0.960 | <b>*up*</b>".removeprefix("holds: ") in said


def test_only_its_own_scripts_may_run_and_nothing_may_be_loaded(small, parse):
    text = drawn(small)
    (policy,) = (m["content"] for m in parse(text).all("meta") if "http-equiv" in m)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    for script in scripts(text):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert len(scripts(text)) == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(name, make, with_scores, parse):
    claims = [
        make.claim(explanation=f"holds: {name}"),
        make.claim(name, metrics={name: make.metric()}),
    ]
    results = make.results(make.model(name, claims, spec=name), design=make.design())
    results = results.model_copy(
        update={
            "run": results.run.model_copy(update={"faults": {name: name}, "skipped": {name: name}})
        }
    )
    text = drawn(Run(results, with_scores(results, claims=("compensation",))))
    check(parse, text)
    assert len(scripts(text)) == 2
    assert "alert(" not in "".join(scripts(text))
    shown = name.encode("unicode_escape").decode() if "\x00" in name else name
    assert data(text)["models"] == [shown]
    assert stamped(text, results.run) == text


@pytest.mark.parametrize("count", [0, 1, 40])
def test_any_number_of_models(count, make, with_scores, parse):
    results = make.results(*(make.model(f"m{k:02}", [make.claim()]) for k in range(count)))
    text = drawn(Run(results, with_scores(results, claims=("compensation",))))
    found = check(parse, text)
    assert len(data(text)["models"]) == count
    assert ("No model was judged" in found.said()) == (count == 0)


def test_a_model_whose_every_claim_is_an_error(make, parse):
    claims = [make.claim(c, "error", n=0, p=None) for c in ("compensation", "scrambled_control")]
    results = make.results(make.model("broken", claims), complete=False, faults={"t": "it broke"})
    found = check(parse, drawn(Run(results, ItemScores())))
    assert "incomplete" in found.said()
    assert "t broke: it broke" in found.said()
    assert "No claim of this run compares pairs" in found.said()


def test_a_run_without_scores_says_so(make, parse):
    found = check(parse, page(Run(make.small_run())))
    assert "kept no per-item scores" in found.said()


def test_the_same_run_gives_the_same_bytes_and_another_date_one_place(small):
    first = drawn(small)
    assert drawn(small) == first
    run = small.results.run.model_copy(update={"created": "2030-01-01", "duration_s": 9.0})
    later = drawn(Run(small.results.model_copy(update={"run": run}), small.items))
    assert later != first
    assert stamped(first, run) == later


def test_the_audit_is_in_words_and_in_a_table(small, parse):
    from mit_harness.report.html.audited import finished_audit

    audit = finished_audit(small.items, small.results.design)
    found = check(parse, page(Run(small.results, small.items, audit)))
    assert audit.headline.split(";")[0] in found.said()
    assert any("H_decoy" in row.get("data-text", "") for row in found.all("tr"))
