"""The whole product in a real browser: MIEN_URL says where it runs, as Deploy/test starts it."""

import itertools
import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "Sources/GatewayCore/Static/sample.jpg"
PASSWORD = "kumquat marmalade"
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}

_numbers = itertools.count(1)
_networks = itertools.count(1)


@pytest.fixture(scope="session")
def url():
    address = os.environ.get("MIEN_URL")
    assert address, "MIEN_URL is not set: start the product (Deploy/local up) and name its address."
    return address.rstrip("/")


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("MIEN_CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


class Console:
    """What pages tell their console. Answers that are errors may be what a test is about; all else is a fault of the site."""

    def __init__(self):
        # Exceptions of scripts, violations of the CSP.
        self.errors = []
        # Answers of 400 and above, and none at all.
        self.failures = []

    def follow(self, page):
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on("console", lambda message: message.type == "error" and self.tell(page, message.text))

    def tell(self, page, text):
        told = self.failures if text.startswith("Failed to load resource") else self.errors
        told.append(f"{page.url}: {text}")


@pytest.fixture
def open_page(browser, url):
    """Makes pages of their own context. At the end none may have told of an error; failures are for the test to look at."""
    contexts, console = [], Console()

    def make(viewport=DESKTOP, scheme="light", scripts=True, at=url):
        # Every page comes from a network of its own, as visitors do: the site makes one that registers often wait.
        number = next(_networks)
        context = browser.new_context(
            base_url=at, viewport=viewport, color_scheme=scheme, java_script_enabled=scripts,
            extra_http_headers={"X-Forwarded-For": f"10.{number >> 8}.{number & 255}.1"})
        context.set_default_timeout(20_000)
        # Those too that a test or the site opens beside it.
        context.on("page", console.follow)
        contexts.append(context)
        return context.new_page()

    make.failures = console.failures
    yield make
    for context in contexts:
        context.close()
    assert console.errors == [] and console.failures == []


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.fixture
def person(page):
    """A page on which a new person is logged in."""
    register(page)
    return page


def register(page):
    """Makes an account by the form; returns its address."""
    email = f"person-{next(_numbers)}-{time.time_ns()}@example.org"
    page.goto("/register")
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url(re.compile("/home$"))
    return email


def log_in(page, email, password=PASSWORD):
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def send(page, *files, title=""):
    """Sends photos by the form."""
    page.goto("/analyses/new")
    page.locator("#photo").set_input_files([str(file) if isinstance(file, Path) else file for file in files])
    if title:
        page.get_by_text("Add a title").click()
        page.get_by_label("Title").fill(title)
    acknowledge(page)
    page.get_by_role("button", name=re.compile("^Analyse")).click()


def acknowledge(page):
    """Ticks the note on responsible use; a person is asked until they have sent a photo with it."""
    box = page.locator("input[name=acknowledged]")
    if box.count() > 0:
        box.check()


def finished(page):
    """Waits until the page shows the result, however it does that."""
    expect(page).to_have_url(re.compile(r"/analyses/[0-9a-f-]{36}$"))
    expect(page.locator("#faces-heading")).to_be_visible(timeout=30_000)


def saved_result(page, name):
    """A file of the result page's menu: PDF, Picture or JSON."""
    page.get_by_text("Save", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(f"^{name}")).click()
    return download.value.path()


def overflow(page):
    """How many pixels of the page lie beside the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
