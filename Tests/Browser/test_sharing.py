"""Links to results and batches: made by their owner, opened by somebody without an account, with scripts and without."""

import json
import re

import pytest
from conftest import DESKTOP, PHONE, SAMPLE, finished, overflow, register, send
from playwright.sync_api import expect
from rules import violations

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
KEY = "four unrelated words"


def result(open_page, scripts=True, title="On the roof", **options):
    page = open_page(scripts=scripts, **options)
    register(page)
    # Without scripts the fields under "Add a title" open all the same.
    send(page, SAMPLE, title=title)
    finished(page)
    return page


def make(page, days="7 days", password="", original=False, told=None):
    """Makes a link on the page that shows what is shared; returns its path."""
    page.locator(".tools").get_by_role("link", name="Share").click()
    part = page.locator("#share")
    expect(part).to_be_visible()
    part.get_by_label("How long it works").select_option(label=days)
    if told:
        part.get_by_label("What is told besides").select_option(label=told)
    if password:
        part.get_by_label("Password").fill(password)
    if original:
        part.get_by_label("Offer the photo as it was sent").check()
    part.get_by_role("button", name="Make link").click()
    link = page.locator("#share code.copied").inner_text()
    return re.sub("^https?://[^/]+", "", link)


@SCRIPTS
def test_a_result_is_shared_seen_and_ended(open_page, scripts):
    owner = result(open_page, scripts)
    link = make(owner, days="1 day")
    assert re.fullmatch("/s/[A-Za-z0-9_-]{43}", link)
    if scripts:
        expect(owner.locator("#share").get_by_role("button", name="Copy")).to_be_visible()
    expect(owner.get_by_text("Shared by 1 link")).to_be_visible()

    other = open_page(scripts=scripts)
    answer = other.goto(link)
    headers = answer.all_headers()
    assert headers["x-robots-tag"] == "noindex, nofollow" and headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "private, no-store"
    expect(other.get_by_role("heading", name="On the roof")).to_be_visible()
    expect(other.locator(".under")).to_have_text(re.compile(r"^Shared until \d+ \w+ \d{4}$"))
    expect(other.locator(".stage img")).to_have_js_property("complete", True)
    assert other.locator(".stage img").evaluate("image => image.naturalWidth") > 0
    expect(other.locator(".overlay a.face").first).to_be_visible()
    for words in ["Log in", "Ada Lovelace", "Correct", "Edit", "Delete"]:
        expect(other.get_by_text(words, exact=True)).to_have_count(0)
    assert other.context.cookies() == []
    other.get_by_text("Save", exact=True).click()
    for name in ["PDF", "Picture", "JSON"]:
        with other.expect_download() as download:
            other.get_by_role("link", name=re.compile(f"^{name}")).click()
        saved = download.value.path().read_bytes()
        assert saved[:4] in (b"%PDF", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xdb") or json.loads(saved)["faces"]
        if scripts:
            other.get_by_text("Save", exact=True).click()

    # It is counted for others, and not for its owner.
    owner.goto(link)
    owner.get_by_role("link", name="Manage the link").click()
    expect(owner.locator("#share")).to_contain_text("opened once")
    owner.locator("#share").get_by_role("button", name=re.compile("^End")).click()
    expect(owner.get_by_text("The link is ended.")).to_be_visible()
    other.goto(link)
    expect(other.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    # The console tells of the 410.
    open_page.failures.clear()


@SCRIPTS
def test_a_password_is_asked_for(open_page, scripts):
    owner = result(open_page, scripts)
    link = make(owner, password=KEY, original=True)
    other = open_page(scripts=scripts)
    other.goto(link)
    expect(other.get_by_text("On the roof")).to_have_count(0)
    other.get_by_label("Password of the link").fill("something else entirely")
    other.get_by_role("button", name="Open").click()
    expect(other.get_by_role("alert")).to_contain_text("not the link’s password")
    # The console tells of the refusal.
    open_page.failures.clear()
    other.get_by_label("Password of the link").fill(KEY)
    other.get_by_role("button", name="Open").click()
    expect(other.get_by_role("heading", name="On the roof")).to_be_visible()
    assert other.locator(".stage img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    other.get_by_text("Save", exact=True).click()
    with other.expect_download() as download:
        other.get_by_role("link", name=re.compile("^Photo")).click()
    assert download.value.path().read_bytes() == SAMPLE.read_bytes()
    cookie = next(cookie for cookie in other.context.cookies() if cookie["name"] == "mien_shared")
    assert cookie["path"] == link and cookie["httpOnly"] and cookie["sameSite"] == "Lax"


@SCRIPTS
def test_photos_behind_a_password_are_saved(open_page, scripts):
    owner = open_page(scripts=scripts)
    register(owner)
    other_one = {"name": "second.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes() + b"\0"}
    send(owner, {"name": "first.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()}, other_one)
    expect(owner.get_by_text("All 2 photos done")).to_be_visible(timeout=30_000)
    link = make(owner, password=KEY)
    other = open_page(scripts=scripts)
    other.goto(link)
    other.get_by_label("Password of the link").fill(KEY)
    other.get_by_role("button", name="Open").click()
    expect(other.locator(".card")).to_have_count(2)
    with other.expect_download() as download:
        other.get_by_role("link", name="Save JSON").click()
    assert len(json.loads(download.value.path().read_bytes())["analyses"]) == 2


@SCRIPTS
def test_photos_that_were_sent_together_are_shared(open_page, scripts):
    owner = open_page(scripts=scripts)
    register(owner)
    bad = {"name": "bad.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()[:200]}
    second = {"name": "second.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes() + b"\0"}
    first = {"name": "first.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()}
    send(owner, first, second, bad)
    expect(owner).to_have_url(re.compile("/batches/"))
    expect(owner.get_by_text("All 3 photos done")).to_be_visible(timeout=30_000)
    link = make(owner)
    other = open_page(scripts=scripts)
    other.goto(link)
    expect(other.locator(".card")).to_have_count(3)
    expect(other.locator(".under")).to_have_text(re.compile(r"shared until \d+ \w+ \d{4}$"))
    expect(other.get_by_text("Could not be analysed", exact=True)).to_be_visible()
    expect(other.get_by_text("bad.jpg")).to_have_count(0)
    other.locator(".card a").first.click()
    expect(other.locator(".steps .number")).to_have_text("1 of 3")
    expect(other.locator("#faces-heading")).to_be_visible()
    if scripts:
        other.keyboard.press("ArrowRight")
    else:
        other.get_by_role("link", name="Photo after").click()
    expect(other.locator(".steps .number")).to_have_text("2 of 3")
    other.get_by_role("link", name="All 3 photos").click()
    expect(other.locator(".card")).to_have_count(3)
    owner.goto("/shares")
    expect(owner.locator("main")).to_contain_text("opened once")
    owner.get_by_role("button", name=re.compile("^End")).click()
    expect(owner.get_by_text("The link is ended.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_pages_of_sharing_break_no_rule_of_accessibility(open_page, viewport, scheme):
    owner = result(open_page, viewport=viewport, scheme=scheme)
    found = []

    def check(page, name):
        assert overflow(page) <= 0, name
        found.extend((name, violation) for violation in violations(page))

    link = make(owner, password=KEY, told="Title, who or what is shown, tags, date and notes")
    check(owner, "made")
    owner.goto("/shares")
    check(owner, "all links")
    other = open_page(viewport=viewport, scheme=scheme)
    other.goto(link)
    check(other, "password")
    other.get_by_label("Password of the link").fill(KEY)
    other.get_by_role("button", name="Open").click()
    expect(other.locator("#faces-heading")).to_be_visible()
    check(other, "shared")
    owner.get_by_role("button", name=re.compile("^End")).click()
    other.goto(link)
    check(other, "ended")
    open_page.failures.clear()
    assert found == []
