"""The report in a real browser: it fits, it is quiet, it stays at home."""

import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ALLOWED = ("file:", "data:", "about:")
SILENCE = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--disable-component-update",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]


class Browser:
    """Chromium, spoken to through its debugging pipe."""

    def __init__(self, program: str, profile: Path) -> None:
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_read, to_write)]

        def place() -> None:
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [program, *SILENCE, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=place,  # noqa: PLW1509  the only way to give it the pipes 3 and 4
            close_fds=False,
        )
        for end in (to_read, to_write, *ends):
            os.close(end)
        self._rest = b""
        self._count = 0
        self.events: list[dict[str, Any]] = []
        target = self._send("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self._send("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session: str = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **options: Any) -> dict[str, Any]:
        """The answer to a command to the open page."""
        return self._send(method, options, self._session)

    def value(self, script: str) -> Any:
        """What a script gives when run in the open page."""
        told = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def open(self, path: Path, width: int, *, dark: bool = False) -> None:
        """Opens a page on a screen of a width, and waits until it stands."""
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url="about:blank")
        self._wait("Page.loadEventFired")
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        self._wait("Page.loadEventFired")

    def seen(self, method: str) -> list[dict[str, Any]]:
        """The events of a kind since the page was opened."""
        return [event["params"] for event in self.events if event["method"] == method]

    def close(self) -> None:
        """Ends the browser."""
        with contextlib.suppress(OSError, AssertionError):
            self._send("Browser.close", {})
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        os.close(self._to)
        os.close(self._from)

    def _send(
        self, method: str, options: dict[str, Any], session: str | None = None
    ) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": options}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]

    def _wait(self, method: str) -> None:
        done = len(self.seen(method))
        while not done:
            self._next()
            done = len(self.seen(method))
        self.events = [event for event in self.events if event["method"] != method]

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], deadline - time.monotonic())
            assert ready, "the browser did not answer within a minute"
            chunk = os.read(self._from, 1 << 20)
            assert chunk, "the browser ended"
            self._rest += chunk
        line, self._rest = self._rest.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        pytest.fail("no Chromium found to look at reports; `apt-get install chromium` brings it")
    opened = Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.mark.parametrize("width", [1200, 768, 390])
def test_the_page_never_scrolls_sideways(browser: Browser, report: Path, width: int) -> None:
    browser.open(report, width)
    wide = browser.value("document.documentElement.scrollWidth")
    assert wide <= width


@pytest.mark.parametrize("width", [1200, 390])
def test_figures_fit_and_their_words_stay_inside(
    browser: Browser, report: Path, width: int
) -> None:
    browser.open(report, width)
    outside = browser.value("""
        [...document.querySelectorAll("svg.figure")].filter(s => s.checkVisibility())
        .flatMap(s => {
          const box = s.getBoundingClientRect();
          const parts = [["figure", box, {left: 0, right: innerWidth}]];
          for (const t of s.querySelectorAll("text")) {
            parts.push([t.textContent, t.getBoundingClientRect(), box]);
          }
          return parts.filter(([, a, b]) => a.left < b.left - 12 || a.right > b.right + 12)
            .map(([words]) => s.querySelector("title").textContent + ": " + words);
        })""")
    assert outside == []


@pytest.mark.parametrize(("width", "shown"), [(1200, "wide"), (390, "narrow")])
def test_each_figure_is_shown_in_the_width_that_fits(
    browser: Browser, rendered: Callable[[str], Path], width: int, shown: str
) -> None:
    browser.open(rendered("watch"), width)
    kinds = browser.value("""
        [...document.querySelectorAll("svg.figure")].filter(s => s.checkVisibility())
          .map(s => s.parentElement.className)""")
    assert kinds == [shown] * 10


@pytest.mark.parametrize("width", [1200, 390])
def test_words_of_figures_are_large_enough_to_read(
    browser: Browser, report: Path, width: int
) -> None:
    browser.open(report, width)
    smallest = browser.value("""
        Math.min(...[...document.querySelectorAll("svg.figure")].filter(s => s.checkVisibility())
          .flatMap(s => [...s.querySelectorAll("text")].map(t => parseFloat(
            getComputedStyle(t).fontSize) * s.getBoundingClientRect().width
            / s.viewBox.baseVal.width)))""")
    assert smallest >= 7.9


def test_the_page_is_quiet_and_asks_nothing_of_the_network(browser: Browser, report: Path) -> None:
    browser.open(report, 1200)
    browser.value("scrollTo(0, document.body.scrollHeight)")
    assert browser.seen("Log.entryAdded") == []
    assert browser.seen("Runtime.consoleAPICalled") == []
    assert browser.seen("Runtime.exceptionThrown") == []
    assert browser.seen("Page.javascriptDialogOpening") == []
    asked = [event["request"]["url"] for event in browser.seen("Network.requestWillBeSent")]
    assert [url for url in asked if not url.startswith(ALLOWED)] == []
    assert report.as_uri() in asked


def test_the_policy_stops_foreign_scripts_and_requests(
    browser: Browser, rendered: Callable[[str], Path]
) -> None:
    browser.open(rendered("watch"), 1200)
    told = browser.value("""
        (async () => {
          const broken = [];
          addEventListener("securitypolicyviolation", e => broken.push(e.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.entered = true";
          document.body.append(script);
          const image = document.createElement("img");
          image.src = "http://127.0.0.1:9/x.png";
          document.body.append(image);
          const fetched = await fetch("http://127.0.0.1:9/").then(() => true, () => false);
          await new Promise(done => setTimeout(done, 50));
          return [window.entered === undefined, fetched, broken.sort()];
        })()""")
    assert told == [True, False, ["connect-src", "img-src", "script-src-elem"]]


def test_tables_sort_by_value_and_back(browser: Browser, rendered: Callable[[str], Path]) -> None:
    browser.open(rendered("length of stay"), 1200)
    column = """[...document.querySelectorAll("#methods tbody tr")]
        .map(row => Number(row.cells[2].dataset.value))"""
    press = 'document.querySelectorAll("#methods thead button")[2].click()'
    before = browser.value(column)
    browser.value(press)
    assert browser.value(column) == sorted(before, reverse=True)
    browser.value(press)
    assert browser.value(column) == sorted(before)
    heads = """[...document.querySelectorAll("#methods th")]
        .map(h => h.getAttribute("aria-sort")).filter(Boolean)"""
    assert browser.value(heads) == ["ascending"]


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_their_ground(
    browser: Browser, rendered: Callable[[str], Path], *, dark: bool
) -> None:
    browser.open(rendered("watch"), 1200, dark=dark)
    contrasts = browser.value("""
        (() => {
          const style = getComputedStyle(document.documentElement);
          const light = name => {
            const parts = style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi)
              .map(pair => parseInt(pair, 16) / 255)
              .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
          };
          const pairs = [["--ink", "--surface"], ["--muted", "--surface"],
            ["--better", "--surface"], ["--worse", "--surface"],
            ["--fusion", "--surface"], ["--on-fusion", "--fusion"],
            ["--helps", "--helps-tint"], ["--not", "--not-tint"], ["--open", "--open-tint"],
            ["--muted", "--helps-tint"], ["--muted", "--not-tint"], ["--muted", "--open-tint"]];
          return pairs.map(([a, b]) => {
            const [x, y] = [light(a), light(b)];
            return [a, b, (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)];
          });
        })()""")
    assert [pair for pair in contrasts if pair[2] < 4.5] == []
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark


def test_a_page_prints_light_on_a_few_sheets(
    browser: Browser, rendered: Callable[[str], Path]
) -> None:
    browser.open(rendered("watch"), 1200, dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    shown = browser.value("""
        [...document.querySelectorAll(".contents, .narrow")].filter(e => e.checkVisibility())
          .length""")
    assert shown == 0
    assert len(browser.call("Page.printToPDF")["data"]) > 50_000
    browser.call("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize(("width", "shown"), [(1200, "wide"), (390, "narrow")])
@pytest.mark.parametrize("name", ["watch", "length of stay", "hostile"])
def test_the_explanation_is_drawn_and_told_at_both_widths(
    browser: Browser, rendered: Callable[[str], Path], name: str, width: int, shown: str
) -> None:
    browser.open(rendered(name), width)
    browser.value('document.querySelectorAll("details").forEach(d => { d.open = true; })')
    told = browser.value("""
        ["information", "robustness"].map(id => {
          const section = document.getElementById(id);
          const place = section.getBoundingClientRect();
          const figures = [...section.querySelectorAll("svg.figure")]
            .filter(s => s.checkVisibility());
          return {
            kinds: figures.map(s => s.parentElement.className),
            told: figures.every(s => s.querySelector("desc").textContent.length > 80),
            answered: figures.every(s => s.closest("figure").previousElementSibling.tagName
              === "P"),
            outside: [...section.children].filter(part => {
              const box = part.getBoundingClientRect();
              return box.right > place.right + 1 || box.left < place.left - 1;
            }).length,
            rows: [...section.querySelectorAll("table")].map(t => t.tBodies[0].rows.length),
          };
        })""")
    assert [one["kinds"] for one in told] == [[shown], [shown, shown]]
    assert all(one["told"] and one["answered"] and not one["outside"] for one in told)
    assert all(rows > 0 for one in told for rows in one["rows"])
    assert browser.value("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("name", ["watch", "length of stay", "mfeat-pairs"])
def test_words_of_the_explanation_do_not_overlap(
    browser: Browser, rendered: Callable[[str], Path], name: str, width: int
) -> None:
    browser.open(rendered(name), width)
    overlaps = browser.value("""
        [...document.querySelectorAll("#information svg.figure, #robustness svg.figure")]
        .filter(s => s.checkVisibility()).flatMap(s => {
          const texts = [...s.querySelectorAll("text")]
            .map(t => [t.textContent, t.getBoundingClientRect()]);
          const found = [];
          texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
            const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
            const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
            if (across > 1 && down > 4) found.push(a + " / " + b);
          }));
          return found;
        })""")
    assert overlaps == []


def test_tables_in_folds_sort_too(browser: Browser, rendered: Callable[[str], Path]) -> None:
    browser.open(rendered("length of stay"), 1200)
    column = """[...document.querySelectorAll("#information tbody tr")]
        .map(row => Number(row.cells[2].dataset.value))"""
    before = browser.value(column)
    browser.value('document.querySelectorAll("#information thead button")[2].click()')
    assert browser.value(column) == sorted(before, reverse=True) != before


def test_folded_tables_are_printed(browser: Browser, rendered: Callable[[str], Path]) -> None:
    browser.open(rendered("length of stay"), 1200)
    height = """[...document.querySelectorAll("details:not([open])")]
        .map(d => d.getBoundingClientRect().height)"""
    assert max(browser.value(height)) < 40
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    printed = browser.value(height)
    browser.call("Emulation.setEmulatedMedia", media="")
    assert len(printed) == 5
    assert min(printed) > 100
