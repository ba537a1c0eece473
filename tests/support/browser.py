"""A phone in tests: a page of a real browser that remembers what no page may do."""

import os
import re
import shutil
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Route, ViewportSize, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
"""A browser that looks for nothing beyond this machine."""

PHONE = ViewportSize(width=390, height=844)
SMALL_PHONE = ViewportSize(width=320, height=568)

REFUSED_REQUEST = re.compile(r"Failed to load resource: (the server responded with a status of 4|net::ERR_INTERNET)")
"""What a browser itself says of an answer that refuses, or of none: that is no fault of the page."""

REPORT_VIOLATIONS = (
    "addEventListener('securitypolicyviolation', (event) => console.error('CSP', event.violatedDirective))"
)

CONTRASTS = """
() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = colour(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest(":disabled")) continue;
    const pair = [luminance(colour(getComputedStyle(element).color)), luminance(behind(element))].sort((a, b) => b - a);
    texts.push([walker.currentNode.data.trim(), (pair[0] + 0.05) / (pair[1] + 0.05)]);
  }
  return texts;
}
"""
"""The contrast of every visible text with what is behind it (WCAG 2.2, relative luminance)."""

SMALL_TARGETS = """
() => Array.from(document.querySelectorAll("button, input:not([type=radio], [type=checkbox]), label.choice"))
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
  .map((one) => one.outerHTML)
"""

Step = Literal[
    "phone", "code", "identity", "scopes", "joined", "leave", "left", "closed", "trouble",
    "entry", "waiting", "verdict", "inside", "out", "screen",
]  # fmt: skip


def executable() -> str | None:
    """The browser that CHROMIUM names, else the first one on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Phone:
    """A page of a phone's size. Faults, in the page's own words, are collected and must stay none."""

    def __init__(self, browser: Browser, language: str, viewport: ViewportSize = PHONE, *, dark: bool = False) -> None:
        """Open an empty page in a language."""
        self.context: BrowserContext = browser.new_context(
            locale=language, viewport=viewport, has_touch=True, is_mobile=True, color_scheme="dark" if dark else "light"
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.add_init_script(REPORT_VIOLATIONS)
        self.faults: list[str] = []
        self.requested: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", self._meet)
        self.page.on("request", lambda request: self.requested.append(request.url))

    def close(self) -> None:
        """Close the page, which must have done nothing wrong."""
        self.context.close()
        assert not self.faults, self.faults

    def open(self, url: str) -> None:
        """Go to an address."""
        self.page.goto(url)

    def at(self, step: Step) -> None:
        """Wait until a step is shown, and see that it is the only one and fits the screen."""
        expect(self.page.locator(f"#{step}")).to_be_visible(timeout=10_000)
        assert self.page.locator("section:visible").count() == 1
        self.fits()

    def fits(self) -> None:
        """See that nothing has to be scrolled sideways."""
        width = self.page.viewport_size
        assert width is not None
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width["width"]

    def type(self, **fields: str) -> None:
        """Fill inputs by their names."""
        for name, value in fields.items():
            self.page.fill(f"input[name={name}]", value)

    def submit(self) -> None:
        """Press the button of the step that is shown."""
        self.page.click("section:visible button[type=submit]")

    def press(self, action: str) -> None:
        """Press one of the other buttons of the step that is shown."""
        self.page.click(f"section:visible button[data-do={action}]:visible")

    def typed(self, name: str) -> str:
        """What stands in an input."""
        return self.page.input_value(f"input[name={name}]")

    def error(self, field: str | None = None) -> str:
        """The error beside a field, or the general one of the step that is shown, once there is one."""
        selector = f'[data-field="{field}"]' if field else ":not([data-field])"
        error = self.page.locator(f"section:visible .error{selector}")
        expect(error).not_to_be_empty()
        return error.inner_text()

    def through(self, prefix: str, origin: str) -> None:
        """Serve the origin under a path of its own, as a stage of API Gateway is served."""

        def strip(route: Route) -> None:
            route.continue_(url=route.request.url.replace(f"{origin}{prefix}/", f"{origin}/"))

        self.page.route(f"{origin}{prefix}/**", strip)

    def _meet(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not REFUSED_REQUEST.match(message.text):
            self.faults.append(message.text)
