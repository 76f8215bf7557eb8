"""What administrators see and do, and that nobody else does."""

import re
import time

import pytest
from conftest import DESKTOP, PASSWORD, PHONE, SAMPLE, finished, log_in, overflow, register, send
from playwright.sync_api import expect
from rules import violations
from test_account import mien

BROKEN = {"name": "cut.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()[:400]}


@pytest.fixture(scope="module")
def administrator():
    """The address of an administrator."""
    email = f"grace-{time.time_ns()}@example.org"
    mien("user", "create", "--name", "Grace Hopper", "--email", email, "--admin", text=PASSWORD + "\n")
    return email


@pytest.mark.parametrize("path", ["/operations", "/operations?period=week", "/operations/jobs?list=ended", "/operations/users",
    "/operations/audit"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_fit_and_follow_the_rules(open_page, administrator, viewport, scheme, path):
    page = open_page(viewport, scheme)
    log_in(page, administrator)
    expect(page).to_have_url(re.compile("/home$"))
    page.goto(path)
    assert overflow(page) <= 0
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/home", "/operations", "/operations/jobs?list=ended", "/operations/audit", "/model"])
def test_pages_fit_into_windows_of_any_width(open_page, administrator, person, path):
    send(person, BROKEN)  # its reason is a long line in the list
    expect(person.locator(".failure code")).to_have_text("damaged", timeout=30_000)
    page = open_page(DESKTOP)
    log_in(page, administrator)
    expect(page).to_have_url(re.compile("/home$"))
    page.goto(path)
    for width in [641, 700, 768, 900, 1024, 1060, 1061]:
        page.set_viewport_size({"width": width, "height": 800})
        assert overflow(page) <= 0, width


def test_others_find_nothing_there(open_page, person):
    expect(person.get_by_role("link", name="Operations")).to_have_count(0)
    for path in ["/operations", "/operations/jobs", "/operations/users", "/operations/audit", "/operations/audit.csv"]:
        assert person.goto(path).status == 404
    visitor = open_page()
    assert visitor.goto("/operations").status == 404
    open_page.failures.clear()


def test_workers_and_storage_are_seen(open_page, administrator):
    page = open_page()
    log_in(page, administrator)
    page.get_by_role("link", name="Operations").click()
    expect(page.get_by_text(re.compile(r"\d+ process(es are| is) alive"))).to_be_visible(timeout=30_000)
    expect(page.locator("#storage ~ dl")).to_contain_text("The whole database")
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator(".tiles a")).to_have_count(6)
    page.locator(".tiles a", has_text="Photos waiting").click()
    expect(page).to_have_url(re.compile("/operations/jobs"))


def test_a_site_that_is_silent_is_not_well(open_page, administrator):
    page = open_page()
    log_in(page, administrator)
    page.get_by_role("link", name="Operations").click()
    verdict = page.locator(".verdict")
    expect(verdict).to_be_visible()
    words = verdict.inner_text()
    # Somebody is in the middle of something.
    page.get_by_text("Pause …").click()
    silent = []

    def answer(route):
        if not silent:
            return route.continue_()
        route.fulfill(status=503, body="")

    page.route("**/operations", answer)
    for _ in range(2):
        silent.append(True)
        expect(verdict).to_have_text(
            re.compile(r"^The site has not answered since \d+ \w+ at \d\d:\d\d\. What stands below is of then\."), timeout=30_000)
        expect(page.get_by_role("button", name="Pause the intake")).to_be_visible()
        silent.clear()
        expect(verdict).to_have_text(re.compile(f"^{re.escape(words.split('.')[0])}"), timeout=30_000)
        # And nobody is in the middle of anything.
        page.keyboard.press("Escape")
        page.evaluate("document.activeElement.blur()")
    # Whoever has selected that all is well is told too.
    page.evaluate("getSelection().selectAllChildren(document.querySelector('main'))")
    silent.append(True)
    expect(verdict).to_contain_text("The site has not answered since", timeout=30_000)
    silent.clear()
    page.evaluate("getSelection().removeAllRanges()")
    expect(verdict).to_have_text(re.compile(f"^{re.escape(words.split('.')[0])}"), timeout=30_000)
    open_page.failures.clear()


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
def test_registration_and_intake_are_switched(open_page, administrator, scripts):
    page = open_page(scripts=scripts)
    log_in(page, administrator)
    page.get_by_role("link", name="Operations").click()
    visitor = open_page()
    try:
        assert not page.get_by_role("button", name="Close registration").is_visible()
        page.get_by_text("Close …").click()
        page.get_by_role("button", name="Close registration").click()
        expect(page.get_by_role("status").first).to_have_text("Registration is closed.")
        visitor.goto("/register")
        expect(visitor.get_by_label("Name")).to_have_count(0)  # a provider may let people in all the same
        page.get_by_text("Pause …").click()
        page.get_by_role("button", name="Pause the intake").click()
        expect(page.get_by_text("No photos have been taken in since")).to_have_count(1)
        answer = page.request.post(
            "/analyses", multipart={"photo": {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"x"}},
            headers={"Accept": "application/json"})
        assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
    finally:
        page.goto("/operations")
        page.get_by_role("button", name="Take photos in again").click()
        page.get_by_text("Open …").click()
        page.get_by_role("button", name="Open registration").click()
    expect(page.get_by_role("status")).to_have_text("Registration is open.")
    open_page.failures.clear()


def test_a_broken_file_is_no_failure_of_the_site(open_page, administrator, person):
    send(person, BROKEN, title="Nobody's business")
    expect(person.locator(".failure code")).to_have_text("damaged", timeout=30_000)
    page = open_page()
    log_in(page, administrator)
    page.goto("/operations")
    # The file is broken: that is no failure of the site, and trying it again is not offered.
    row = page.locator("#refused ~ .rows > li", has_text="damaged")
    expect(row).to_be_visible()
    assert "Nobody's business" not in page.content()
    expect(row.get_by_role("button", name="Try again")).to_have_count(0)
    row.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("status").first).to_have_text("The failures are dismissed.")
    expect(page.locator("#refused")).to_have_count(0)


def test_a_photo_is_found_by_its_number(open_page, administrator, person):
    send(person, SAMPLE, title="Nobody's business")
    finished(person)
    number = person.url.rsplit("/", 1)[1]
    page = open_page(PHONE)
    log_in(page, administrator)
    page.goto("/operations/jobs")
    page.get_by_label("A number").fill(number)
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("finished")
    assert "Nobody's business" not in page.content()
    assert overflow(page) <= 0


def test_an_account_is_disabled_and_enabled_again(open_page, administrator):
    theirs = open_page()
    email = register(theirs)
    page = open_page(PHONE)
    log_in(page, administrator)
    page.goto("/operations/users")
    page.get_by_label("Name or address").fill(email)
    page.get_by_role("button", name="Search").click()
    page.locator("summary", has_text="Manage").first.click()
    page.locator("summary", has_text="Disable").click()
    page.get_by_role("button", name=re.compile("^Disable")).click()
    expect(page.get_by_role("status")).to_contain_text("disabled")
    theirs.goto("/home")
    expect(theirs).to_have_url(re.compile("/login"))
    page.goto(f"/operations/users?q={email}")
    page.locator("summary", has_text="Manage").first.click()
    page.get_by_role("button", name=re.compile("^Enable")).click()
    log_in(theirs, email)
    expect(theirs).to_have_url(re.compile("/home$"))
    page.goto(f"/operations/users?q={email}")
    page.locator("summary", has_text="Manage").first.click()
    page.get_by_role("button", name=re.compile("^Link for a new password")).click()
    expect(page.locator("code")).to_have_text(re.compile(r"^https?://.*/reset\?token=[\w-]{43}$"))
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    # One's own account is not given away: the page leads to where the password is changed.
    page.goto(f"/operations/users?q={administrator}")
    expect(page.get_by_role("button", name=re.compile("^Link for a new password"))).to_have_count(0)
    expect(page.get_by_role("link", name="Your password and second factor")).to_be_visible()
    page.goto("/operations/audit")
    expect(page.locator("tbody")).to_contain_text("Reset link made")
    expect(page.locator("tbody")).to_contain_text(email)
    assert overflow(page) <= 0


def test_the_page_about_the_model_tells_what_its_card_tells(page):
    page.goto("/")
    page.get_by_role("link", name="About the model").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^[\w-]+ \d+\.\d+\.\d+$"))
    expect(page.locator(".matrix tbody tr")).to_have_count(7)
    for row in page.locator(".matrix tbody tr").all():
        shares = [int(text) for text in row.locator("td").all_text_contents()]
        assert 96 <= sum(shares) <= 104
    expect(page.get_by_text("Limits and responsible use")).to_be_visible()
