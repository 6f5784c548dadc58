"""The page in Chromium, where that and selenium are installed; other tests check its HTML alone."""

import json
import shutil
from importlib.resources import files
from importlib.util import find_spec

import pytest

from mit_harness.report.html.embedded import figures
from mit_harness.report.html.page import Run
from mit_harness.report.html.written import write_page

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
LACKING = [
    what
    for what, there in (
        ("Chromium", BROWSER),
        ("chromedriver", DRIVER),
        ("selenium", find_spec("selenium")),
        ("axe-core-python", find_spec("axe_core_python")),
    )
    if not there
]
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}")

CLAIMS = ("compensation", "scrambled_control", "at_titration", "up_position", "spacing", "strand")
HOSTILE = '</script><script>document.title = "stolen"</script>'


def run_of(make, with_scores, count):
    """Return a run of so many models; one has a hostile name, one a very long one."""
    names = [HOSTILE, "n" * 200, *(f"model-{k:02}" for k in range(count - 2))]
    others = ("refuted", "undecided", "absent", "error")
    models = [
        make.model(
            name,
            [
                make.claim(
                    claim,
                    "holds" if column < place % 6 else others[(place + column) % 4],
                    metrics={f"{claim}_x": make.metric(0.5 + place / 100)},
                )
                for column, claim in enumerate(CLAIMS)
            ],
            kind=("control", "user")[place % 2],
        )
        for place, name in enumerate(names)
    ]
    results = make.results(*models)
    items = with_scores(results, claims=CLAIMS, n=10)
    return Run(results, items, None, lambda: figures(results, items))


@pytest.fixture(scope="module")
def driver():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for word in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-first-run",
        "disable-background-networking", "disable-component-update", "disable-sync",
    ):  # fmt: skip
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(DRIVER)) as made:
        yield made


@pytest.fixture(scope="module")
def pages(tmp_path_factory, make, with_scores):
    """Return pages of 6 and of 40 models."""
    folder = tmp_path_factory.mktemp("pages")
    for count in (6, 40):
        write_page(folder / f"{count}.html", run_of(make, with_scores, count))
    return folder


@pytest.fixture
def opened(driver, pages):
    """Open a page at a width and in a theme, and look at every part of it."""

    def opened(count=6, width=1280, theme="light"):
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        wish = [{"name": "prefers-color-scheme", "value": theme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wish})
        for kind in ("browser", "performance"):
            driver.get_log(kind)
        driver.get((pages / f"{count}.html").as_uri())
        driver.set_script_timeout(90)  # a busy machine draws slowly
        driver.execute_async_script(LOOK)
        return driver

    return opened


LOOK = """
const done = arguments[0];
const wait = (ms) => new Promise((end) => setTimeout(end, ms));
(async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 600) {
    scrollTo({ top: y, behavior: "instant" });
    await wait(30);
  }
  for (let k = 0; k < 1200; k++) {
    const waiting = document.querySelector(".chart .wait") || !document.querySelector("#pair h3");
    if (!waiting) break;
    for (const box of document.querySelectorAll(".chart .wait, #pairs")) box.scrollIntoView();
    await wait(50);
  }
  scrollTo({ top: 0, behavior: "instant" });
  done();
})();
"""


def rows(driver, table):
    return driver.execute_script(
        "return [...document.querySelectorAll(arguments[0] + ' tbody tr')].filter(r => !r.hidden)"
        ".map(r => [...r.cells].map(c => c.innerText.trim()))",
        table,
    )


def ask(driver, script, *words):
    return driver.execute_script(script, *words)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("count", "width"), [(6, 1280), (6, 400), (40, 400)])
def test_no_error_no_warning_no_request_no_overflow_and_nothing_that_axe_finds(
    opened, count, width, theme
):
    driver = opened(count, width, theme)
    said = [e for e in driver.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]
    assert [e["message"][:300] for e in said] == []
    sent = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    urls = [
        m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in urls if url.partition(":")[0] not in ("file", "data", "blob")] == []
    assert urls
    assert ask(driver, "return document.documentElement.scrollWidth <= innerWidth")
    assert ask(driver, "return document.title").startswith("mit-harness report")
    assert ask(driver, "return document.querySelectorAll('.chart svg').length") == ask(
        driver, "return document.querySelectorAll('.chart').length"
    )
    back = ask(driver, "return getComputedStyle(document.body).backgroundColor")
    assert back == {"light": "rgb(251, 251, 250)", "dark": "rgb(20, 23, 26)"}[theme]
    driver.execute_script((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    # Of long tables the first rows: the rest are alike; drawings are hidden from screen readers.
    # To look at all of them takes most of a minute.
    found = driver.execute_async_script(
        "for (const one of document.querySelectorAll('.chart svg')) one.remove();"
        "for (const one of document.querySelectorAll('tbody tr:nth-child(n + 8)')) one.remove();"
        "axe.run().then(arguments[0])"
    )
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in serious] == []


def test_a_table_is_sorted_by_its_headings_and_says_so(opened):
    driver = opened()
    button = "document.querySelectorAll('#matrix thead button')[0]"
    before = rows(driver, "#matrix")
    ask(driver, f"{button}.focus(); {button}.click()")
    names = [row[0] for row in rows(driver, "#matrix")]
    assert names == sorted(names, key=str.lower) != [row[0] for row in before]
    assert ask(driver, f"return {button}.closest('th').getAttribute('aria-sort')") == "ascending"
    ask(driver, f"{button}.click()")
    assert [row[0] for row in rows(driver, "#matrix")] == names[::-1]
    held = "document.querySelectorAll('#board thead button')[2]"
    ask(driver, f"{held}.click()")
    counts = [int(row[2].partition("/")[0]) for row in rows(driver, "#board")]
    assert counts == sorted(counts)


def test_filters_leave_what_they_name_and_count_it(opened):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.select import Select

    driver = opened()
    driver.find_element(By.ID, "matrix-text").send_keys("MODEL-0")
    assert {row[0] for row in rows(driver, "#matrix")} == {f"model-0{k}" for k in range(4)}
    assert driver.find_element(By.ID, "matrix-count").text == "4 of 6 models"
    Select(driver.find_element(By.ID, "why-verdict")).select_by_value("absent")
    shown = rows(driver, "#why")
    assert shown
    assert all("absent" in row[2] for row in shown)
    Select(driver.find_element(By.ID, "why-claim")).select_by_value("spacing")
    assert all(row[1] == "spacing" for row in rows(driver, "#why"))


def test_a_verdict_leads_to_its_reason_even_if_that_was_filtered_away(opened):
    from selenium.webdriver.common.by import By

    driver = opened()
    driver.find_element(By.ID, "why-text").send_keys("no such text")
    assert rows(driver, "#why") == []
    ask(driver, "document.querySelector('#matrix a.reason').click()")
    driver.execute_async_script("setTimeout(arguments[0], 200)")
    assert rows(driver, "#why")
    assert ask(driver, "return document.activeElement.id").startswith("reason-")


def test_pairs_are_shown_on_demand_with_elements_in_two_ways(opened):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.select import Select

    driver = opened()
    Select(driver.find_element(By.ID, "pair-claim")).select_by_visible_text("scrambled_control")
    Select(driver.find_element(By.ID, "pair-outcome")).select_by_value("wrong")
    driver.execute_async_script("setTimeout(arguments[0], 400)")
    listed = rows(driver, "#pair-list")
    assert listed
    assert all("wrong" in row[2] for row in listed)
    differences = [float(row[1]) for row in listed]
    assert differences == sorted(differences)
    assert driver.find_element(By.CSS_SELECTOR, "#pair h3").text.startswith("E_decoy over H_decoy")
    lines = ask(
        driver, "return [...document.querySelectorAll('#pair .line')].map(l => l.innerText)"
    )
    assert any("UP" in line and "-35" in line for line in lines)
    assert ask(driver, "return document.querySelectorAll('#pair .e-up.s-displaced').length") > 0
    assert ask(driver, "return document.querySelectorAll('#pair .differs').length") > 1
    assert len(rows(driver, "#pair table")) == 6
    ask(driver, "document.querySelector('#pair [data-step=\"1\"]').click()")
    driver.execute_async_script("setTimeout(arguments[0], 200)")
    current = ask(driver, "return document.querySelector('#pair-list [aria-current]').rowIndex")
    assert current == 2


def test_the_theme_can_be_chosen_and_numbers_of_a_figure_shown(opened):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.select import Select

    driver = opened()
    Select(driver.find_element(By.ID, "theme")).select_by_value("dark")
    back = "return getComputedStyle(document.body).backgroundColor"
    assert ask(driver, back) == "rgb(20, 23, 26)"
    ask(driver, "document.querySelector('details.data summary').click()")
    driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert len(rows(driver, "details.data[open]")) >= 6


def test_everything_can_be_reached_by_keyboard(opened):
    from selenium.webdriver.common.keys import Keys

    driver = opened()
    seen = []
    for _ in range(16):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(ask(driver, "const e = document.activeElement; return e.id || e.innerText"))
        outline = "return getComputedStyle(document.activeElement).outlineStyle"
        assert ask(driver, outline) != "none"
    assert seen[0] == "Skip to the content"
    assert {"theme", "matrix-text", "matrix-kind", "matrix-verdict"} <= set(seen)
