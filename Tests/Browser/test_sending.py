"""Sending photos: many at once, and through all that can go wrong on the way."""

import re
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from conftest import DESKTOP, PASSWORD, PHONE, SAMPLE, acknowledge, finished, log_in, overflow, register
from playwright.sync_api import expect
from rules import violations

PHOTO = {"name": "good.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()}
SENT = r"/batches/[0-9a-f-]{36}$"


class Line:
    """A line to the site that breaks: it swallows each so many-th answer to a photo that the site has taken, and is cut."""

    def __init__(self, url):
        self.site = (urlsplit(url).hostname, urlsplit(url).port)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.swallows = None
        self.is_cut = False
        self.answers = 0
        self.lost = 0
        self.open = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.is_cut:
                    client.close()
                    continue
                site = socket.create_connection(self.site)
                pair = {"client": client, "site": site, "asks": False}
                self.open |= {client, site}
                threading.Thread(target=self.forward, args=(pair,), daemon=True).start()
                threading.Thread(target=self.answer, args=(pair,), daemon=True).start()

    def forward(self, pair):
        with suppress(OSError):
            while piece := pair["client"].recv(65536):
                if piece.startswith(b"POST /analyses "):
                    pair["asks"] = True
                pair["site"].sendall(piece)
        self.end(pair)

    def answer(self, pair):
        with suppress(OSError):
            while piece := pair["site"].recv(65536):
                if pair["asks"] and piece.startswith(b"HTTP/1.1 202"):
                    pair["asks"] = False
                    self.answers += 1
                    if self.swallows and self.answers % self.swallows == 0:
                        self.lost += 1
                        break
                pair["client"].sendall(piece)
        self.end(pair)

    def end(self, pair):
        for side in (pair["client"], pair["site"]):
            self.open.discard(side)
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()

    def cut(self, is_cut):
        self.is_cut = is_cut
        for side in list(self.open) if is_cut else []:
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(url):
    line = Line(url)
    yield line
    line.listener.close()


def files(folder, count):
    """Photos that differ: a browser tells a file that is chosen again by its name, its size and its time."""
    for number in range(count):
        (folder / f"IMG_{number:04}.jpg").write_bytes(SAMPLE.read_bytes() + bytes(number))
    return sorted(folder.glob("IMG_*.jpg"))


def choose(page, chosen):
    page.locator("#photo").set_input_files(chosen)
    expect(page.locator(".preview")).to_have_count(len(chosen))
    acknowledge(page)


def sizes(page, batch):
    """Of all photos that the site has of a batch, as a program is told."""
    documents = page.request.get(f"/api/v1/batches/{batch}").json()["analyses"]
    return [document["file"]["bytes"] for document in documents]


def is_whole(page, batch, chosen):
    """Whether each photo has arrived once, and there is none besides in the whole history."""
    page.goto("/analyses")
    expect(page.locator(".found")).to_have_text(f"{len(chosen)} analyses")
    return sorted(sizes(page, batch)) == sorted(file.stat().st_size for file in chosen)


def test_sixty_photos_arrive_once_each_over_a_line_that_breaks(open_page, line, tmp_path):
    page = open_page(at=line.url)
    register(page)
    page.goto("/analyses/new")
    chosen = files(tmp_path, 60)
    choose(page, chosen)
    batch = page.locator("[name=batch]").input_value()
    line.swallows = 7
    page.get_by_role("button", name="Analyse 60 photos").click()
    expect(page.locator("#send")).to_have_text(re.compile(r"^Sending \d+ of 60 · \d+ %$"))
    expect(page.locator(".is-sent").nth(9)).to_be_attached(timeout=60_000)
    line.cut(True)
    expect(page.locator("#status")).to_contain_text("The connection is lost.")
    expect(page.locator("#send")).to_have_text(re.compile(r"^Goes on in \d+ s$"))
    page.wait_for_timeout(2_500)
    line.cut(False)
    expect(page).to_have_url(re.compile(SENT), timeout=120_000)
    assert line.lost > 3
    assert is_whole(page, batch, chosen)
    open_page.failures.clear()


def test_a_page_that_is_loaded_anew_sends_no_photo_twice(open_page, line, tmp_path):
    page = open_page(at=line.url)
    register(page)
    page.goto("/analyses/new")
    chosen = files(tmp_path, 12)
    choose(page, chosen)
    page.get_by_text("Add a title").click()
    page.get_by_label("Title").fill("Trip")
    batch = page.locator("[name=batch]").input_value()
    line.swallows = 3
    page.get_by_role("button", name="Analyse 12 photos").click()
    expect(page.locator(".is-sent").nth(3)).to_be_attached(timeout=60_000)
    # Leaving asks, while photos are being sent.
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    line.cut(True)
    line.swallows = None
    page.evaluate("setTimeout(() => location.reload())")
    page.wait_for_timeout(500)
    line.cut(False)
    page.goto("/analyses/new")
    assert asked == ["beforeunload"]
    expect(page.locator("#interrupted")).to_contain_text(re.compile(r"\d+ of 12 photos arrived"))
    expect(page.get_by_label("Title")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Trip")
    choose(page, chosen)
    page.locator("#send").click()
    expect(page).to_have_url(re.compile(f"/batches/{batch}$"), timeout=60_000)
    assert is_whole(page, batch, chosen)
    # All have arrived: the next ones are others.
    page.goto("/analyses/new")
    expect(page.locator("#interrupted")).to_be_hidden()
    open_page.failures.clear()


def test_photos_after_one_that_could_not_be_sent_are_others(open_page):
    page = open_page()
    register(page)
    page.goto("/analyses/new")
    film = {"name": "IMG_7.mov", "mimeType": "video/quicktime", "buffer": b"\0\0\0\x14ftypqt  " + bytes(99)}
    choose(page, [PHOTO | {"name": f"copy-{number}.jpg"} for number in range(3)] + [film])
    page.get_by_text("Add a title").click()
    page.get_by_label("Title").fill("Trip")
    batch = page.locator("[name=batch]").input_value()
    page.get_by_role("button", name="Analyse 3 photos").click()
    expect(page.locator("#failures")).to_contain_text("3 sent; 1 could not be.")
    page.get_by_role("link", name="See those that were sent").click()
    expect(page).to_have_url(re.compile(f"/batches/{batch}$"))
    page.get_by_role("link", name="New analysis").first.click()
    expect(page.locator(".is-live #photo")).to_be_attached()
    expect(page.locator("#interrupted")).to_be_hidden()
    assert page.locator("[name=batch]").input_value() != batch
    assert page.locator("[name=title]").input_value() == ""


def test_a_busy_site_is_waited_for(open_page):
    page = open_page()
    register(page)
    page.goto("/analyses/new")
    choose(page, [PHOTO])
    answers = []

    def busy(route):
        answers.append(route)
        route.fulfill(
            status=503, headers={"Retry-After": "2"}, content_type="application/json",
            body='{"error": {"message": "Very many photos are waiting."}}')

    page.route("**/analyses", busy, times=1)
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("#status")).to_have_text("Very many photos are waiting. This goes on by itself.")
    expect(page.locator("#send")).to_have_text(re.compile(r"^Goes on in \d s$"))
    finished(page)
    assert len(answers) == 1
    open_page.failures.clear()


def test_sending_is_stopped_and_goes_on(open_page):
    page = open_page()
    register(page)
    page.goto("/analyses/new")
    choose(page, [PHOTO | {"name": f"copy-{number}.jpg"} for number in range(5)])
    # The answers never come.
    page.route("**/analyses", lambda route: None)
    page.get_by_role("button", name="Analyse 5 photos").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#failures")).to_have_text("Nothing was sent yet.")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    page.unroute("**/analyses")
    page.get_by_role("button", name="Remove copy-4.jpg").click()
    page.get_by_role("button", name="Analyse 4 photos").click()
    expect(page).to_have_url(re.compile(SENT))
    expect(page.locator(".card")).to_have_count(4)
    open_page.failures.clear()


def test_one_photo_is_tried_again_by_itself(open_page):
    page = open_page()
    register(page)
    page.goto("/analyses/new")
    choose(page, [PHOTO])
    page.route("**/analyses", lambda route: route.abort())
    page.get_by_role("button", name="Analyse").click()
    # The site answers, so it is the photo that does not get through.
    expect(page.locator("#failures")).to_have_text("Nothing was sent.", timeout=20_000)
    expect(page.locator(".is-bad")).to_contain_text("The connection broke each time.")
    page.unroute("**/analyses")
    page.get_by_role("button", name="Try this one again").click()
    finished(page)
    open_page.failures.clear()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_photos_outlive_a_log_in_that_ended(open_page, viewport):
    page = open_page(viewport)
    email = register(page)
    page.goto("/analyses/new")
    choose(page, [PHOTO])
    page.get_by_text("Add a title").click()
    page.get_by_label("Title").fill("Kept")
    page.context.clear_cookies()
    page.get_by_role("button", name="Analyse").click()
    dialog = page.get_by_role("dialog", name="You are logged out")
    expect(dialog.get_by_label("E-mail address")).to_have_value(email)
    expect(dialog.get_by_label("Password")).to_be_focused()
    assert violations(page) == []
    dialog.get_by_label("Password").fill("not this one")
    dialog.get_by_role("button", name="Log in and go on").click()
    expect(dialog.get_by_role("alert")).to_have_text("E-mail address or password is wrong.")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Log in and go on").click()
    finished(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Kept")
    # The browser itself counts such answers as errors.
    assert all("401" in error or "422" in error for error in open_page.failures)
    open_page.failures.clear()


def test_logging_in_beside_the_page_is_enough_and_not_now_loses_nothing(open_page):
    page = open_page()
    email = register(page)
    page.goto("/analyses/new")
    choose(page, [PHOTO])
    page.context.clear_cookies()
    page.get_by_role("button", name="Analyse").click()
    dialog = page.get_by_role("dialog", name="You are logged out")
    dialog.get_by_role("button", name="Not now").click()
    expect(page.locator("#failures")).to_have_text("Nothing was sent yet.")
    expect(page.locator(".preview")).to_have_count(1)
    page.get_by_role("button", name="Analyse").click()
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Log in on a page of its own").click()
    log_in(opened.value, email)
    expect(opened.value).to_have_url(re.compile("/home$"))
    opened.value.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    finished(page)
    open_page.failures.clear()


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
def test_many_photos_are_shown_a_page_at_a_time(open_page, scripts):
    page = open_page()
    register(page)
    page.goto("/analyses/new")
    choose(page, [PHOTO | {"name": f"copy-{number}.jpg"} for number in range(50)])
    page.get_by_role("button", name="Analyse 50 photos").click()
    expect(page).to_have_url(re.compile(SENT), timeout=60_000)
    address, cookies = page.url, page.context.cookies()
    page = open_page(PHONE, "dark", scripts)
    page.context.add_cookies(cookies)
    page.goto(address)
    expect(page.locator("[data-live=progress]")).to_have_text("All 50 photos done", timeout=60_000)
    expect(page.locator(".card")).to_have_count(48)
    assert overflow(page) <= 0
    page.get_by_role("link", name="After").click()
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator(".pages")).to_contain_text("49 to 50 of 50")
    page.get_by_role("link", name="Before").click()
    expect(page.locator(".card")).to_have_count(48)


def test_without_scripts_the_form_says_its_own_limit(open_page):
    page = open_page(scripts=False)
    register(page)
    page.goto("/analyses/new")
    expect(page.locator("#photo-hint")).to_contain_text("Up to 20 at once, together at most 64\u00a0MB.")
    expect(page.get_by_text("up to 200 at once")).to_be_hidden()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_a_phone_can_put_the_site_among_its_apps(open_page):
    page = open_page(PHONE)
    register(page)
    tools = page.context.new_cdp_session(page)
    # A test's browser is a private one, in which nothing is installed whatever the site says.
    errors = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
    manifest = tools.send("Page.getAppManifest")
    assert manifest["url"].endswith("/manifest.webmanifest") and manifest["errors"] == []
    # What is private is kept nowhere, and nothing runs that could.
    for path in ["/home", "/analyses", "/analyses/new", "/account"]:
        assert page.request.get(path).headers["cache-control"] == "no-store"
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    assert page.evaluate("caches.keys().then((all) => all.length)") == 0
