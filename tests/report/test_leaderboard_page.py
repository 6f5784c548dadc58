"""The leaderboard's page in a browser: sorted by keyboard, no error, nothing asked of a network."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from mit_harness.report.leaderboard.as_html import to_html
from mit_harness.report.leaderboard.board import Board

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or shutil.which("chromedriver") is None,
    reason="needs chromium and chromedriver",
)


class Browser:
    """Chromium behind chromedriver, by the WebDriver protocol."""

    def __init__(self, driver, folder):
        self.url = self._address(driver)
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={folder / 'profile'}"]}
        logged = {"browser": "ALL", "performance": "ALL"}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": logged}
        made = self.ask("/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{made['sessionId']}"

    @staticmethod
    def _address(driver):
        for line in driver.stdout:
            if "successfully on port " in line:
                return f"http://127.0.0.1:{line.rstrip().rstrip('.').split()[-1]}"
        raise AssertionError("chromedriver did not start")

    def ask(self, path, body, method="POST"):
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, file, width):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", **size)
        self.ask(f"{self.session}/url", {"url": file.as_uri()})

    def devtools(self, command, **facts):
        return self.ask(f"{self.session}/goog/cdp/execute", {"cmd": command, "params": facts})

    def run(self, script):
        return self.ask(f"{self.session}/execute/sync", {"script": script, "args": []})

    def log(self, kind):
        return self.ask(f"{self.session}/se/log", {"type": kind})

    def enter(self):
        key = {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}
        self.devtools("Input.dispatchKeyEvent", type="keyDown", **key)
        self.devtools("Input.dispatchKeyEvent", type="keyUp", **key)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    with subprocess.Popen(
        ["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True
    ) as driver:
        try:
            made = Browser(driver, folder)
            yield made
            made.ask(made.session, {}, "DELETE")
        finally:
            driver.terminate()


@pytest.fixture(scope="module")
def page(make, tmp_path_factory):
    values = {
        "low": 0.2,
        "none": None,
        "high": 0.9,
        "x" * 200: 0.5,
        "<script>alert(1)</script>": -0.1,
    }
    models = [
        make.model(name, [make.claim("scrambled_control", metrics={"scr_decoy": make.metric(v)})])
        for name, v in values.items()
    ]
    run = make.results(*models).run
    board = Board(make.design(), models, {m.name: (run,) for m in models})
    file = tmp_path_factory.mktemp("page") / "board.html"
    file.write_text(to_html(board), encoding="utf-8")
    return file


ORDER = 'return [...document.querySelector("tbody").rows].map(r => r.cells[0].textContent[0])'
SORTED = (
    'return [...document.querySelectorAll("th[aria-sort]")].map(t => t.textContent + t.ariaSort)'
)


def test_a_table_is_sorted_by_keyboard_and_what_is_undefined_stays_last(browser, page):
    browser.open(page, 1280)
    assert browser.run(SORTED) == []
    browser.run(
        '[...document.querySelectorAll("button")].find(b => b.textContent == "SCR decoy").focus()'
    )
    browser.enter()
    assert browser.run(ORDER) == ["h", "x", "l", "<", "n"]
    assert browser.run(SORTED) == ["SCR decoydescending"]
    browser.enter()
    assert browser.run(ORDER) == ["<", "l", "x", "h", "n"]
    assert browser.run(SORTED) == ["SCR decoyascending"]
    browser.run('document.querySelector("thead button").click()')
    assert browser.run(SORTED) == ["modelascending"]
    assert browser.run(ORDER)[1:] == ["h", "l", "n", "x"]


@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_is_no_wider_than_the_window_asks_nothing_and_has_no_error(browser, page, width):
    browser.open(page, width)
    time.sleep(0.2)
    assert not browser.run("return document.documentElement.scrollWidth > innerWidth")
    assert browser.log("browser") == []
    asked = [json.loads(entry["message"])["message"] for entry in browser.log("performance")]
    urls = {
        entry["params"]["request"]["url"]
        for entry in asked
        if entry["method"] == "Network.requestWillBeSent"
    }
    assert {url for url in urls if not url.startswith(("chrome:", "data:"))} <= {page.as_uri()}
