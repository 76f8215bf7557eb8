"""The account page and the pages behind one-time links, on every kind of screen, with JavaScript and without."""

import json
import re
import subprocess
import zipfile

import pytest
from authenticator import code, next_code
from conftest import DESKTOP, PASSWORD, PHONE, ROOT, SAMPLE, finished, log_in, overflow, register, send
from playwright.sync_api import expect
from rules import violations

NEW_PASSWORD = "four unrelated words"


def mien(*arguments, text=None):
    """The operator's command with the settings of the product under test."""
    done = subprocess.run(
        [str(ROOT / "Deploy/local"), "mien", *arguments], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def is_dark(page):
    """Whether the page is drawn dark: what is behind the text is darker than the text."""
    behind, text = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        ".map((colour) => colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0))")
    return behind < text


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_person_changes_all_that_can_be_changed(open_page, viewport, scheme, scripts):
    page = open_page(viewport, scheme, scripts)
    email = register(page)
    page.goto("/account")
    assert overflow(page) <= 0
    if scripts:
        assert violations(page) == []
    page.get_by_label("Name").fill("Ada King")
    page.get_by_label("E-mail address", exact=True).fill("new-" + email)
    page.get_by_label("Your password to change the e-mail address").fill(PASSWORD)
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_text("Dark", exact=True).click()
    page.get_by_role("button", name="Save details").click()
    expect(page.get_by_role("status")).to_have_text("Your details are saved.")
    expect(page.get_by_role("status")).to_be_focused()
    expect(page.get_by_role("status")).to_be_in_viewport()
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    assert is_dark(page)
    page.get_by_role("link", name="Security").click()
    assert overflow(page) <= 0
    page.get_by_label("Your password now").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed.")
    expect(page.get_by_role("status")).to_be_in_viewport()
    expect(page.get_by_role("status")).to_be_focused()
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    assert is_dark(page), "the browser knows it before the log-in"
    log_in(page, "new-" + email, NEW_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Ada King")


def test_what_is_wrong_is_said_beside_its_field(open_page, person):
    person.goto("/account")
    person.get_by_label("E-mail address", exact=True).fill("somebody@example.org")
    person.get_by_role("button", name="Save details").click()
    field = person.get_by_label("Your password to change the e-mail address")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("Enter your password"))
    assert violations(person) == []
    assert len(open_page.failures) == 1 and "422" in open_page.failures.pop()


def test_sessions_are_seen_and_ended(open_page, person):
    person.goto("/account")
    email = person.get_by_label("E-mail address", exact=True).input_value()
    other = open_page()
    log_in(other, email)
    expect(other).to_have_url(re.compile("/home$"))
    person.goto("/account/security")
    expect(person.locator("#sessions ~ .rows > li")).to_have_count(2)
    expect(person.locator("#sessions ~ .rows > li").first).to_contain_text("This browser")
    person.get_by_role("button", name="End all other sessions").click()
    expect(person.locator("#sessions ~ .rows > li")).to_have_count(1)
    other.goto("/home")
    expect(other).to_have_url(re.compile("/login"))


def test_a_password_is_shown_when_asked_to(person):
    person.goto("/account/security")
    field = person.get_by_label("New password")
    field.fill("secret words")
    row = person.locator(".secret", has=field)
    row.get_by_role("button", name="Show").click()
    expect(field).to_have_attribute("type", "text")
    row.get_by_role("button", name="Hide").click()
    expect(field).to_have_attribute("type", "password")


def test_all_data_comes_in_one_file(person, tmp_path):
    send(person, SAMPLE, title="To take along")
    finished(person)
    person.goto("/account/data")
    with person.expect_download() as download:
        person.get_by_role("link", name="Save all my data").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        account = json.loads(archive.read("account.json"))
        result = next(name for name in names if name.endswith("analysis.json"))
        photo = next(name for name in names if "/photo-" in name)
        assert account["name"] == "Ada Lovelace" and account["finished_analyses"] == 1
        assert json.loads(archive.read(result))["title"] == "To take along"
        assert archive.read(photo) == SAMPLE.read_bytes()
        # The picture with the faces drawn on it is kept nowhere.
        assert {name.rsplit("/")[-1] for name in names if name.endswith(".jpg")} == {
            f"photo-{SAMPLE.name}", "clean.jpg", "thumbnail.jpg"}


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_leaving_asks_and_is_for_good(open_page, viewport, scripts):
    page = open_page(viewport, "light", scripts)
    email = register(page)
    page.goto("/account/data")
    page.get_by_role("link", name="Delete my account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete your account")
    assert overflow(page) <= 0
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_label(re.compile("^Type "))).to_have_accessible_description(re.compile("exactly"))
    page.get_by_label(re.compile("^Type ")).fill(email)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is closed")
    log_in(page, email)
    expect(page.get_by_role("alert")).to_have_text("E-mail address or password is wrong.")
    assert all("422" in error for error in open_page.failures)
    open_page.failures.clear()


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
def test_the_operators_link_sets_a_new_password_once(open_page, scripts):
    page = open_page(scripts=scripts)
    email = register(page)
    page.get_by_role("button", name="Log out").click()
    link = mien("user", "reset-password", email)
    address = link[link.index("/reset"):]
    page.goto(address)
    assert overflow(page) <= 0
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your password is changed")
    assert page.goto(address).status == 410
    open_page.failures.clear()
    log_in(page, email, NEW_PASSWORD)
    expect(page).to_have_url(re.compile("/home$"))


@pytest.mark.parametrize("path", ["/login", "/register", "/account", "/account/security", "/account/programs", "/account/data",
                                  "/account/delete", "/model"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_follow_the_rules_of_accessibility(open_page, viewport, scheme, path):
    page = open_page(viewport, scheme)
    if path.startswith("/account"):
        register(page)
    page.goto(path)
    assert violations(page) == []
    assert overflow(page) <= 0


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_second_factor_is_set_up_used_and_switched_off(open_page, viewport, scripts):
    page = open_page(viewport, "dark", scripts)
    email = register(page)
    page.goto("/account/security")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up the second factor")
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert overflow(page) <= 0
    if scripts:
        assert violations(page) == []
    key = page.locator("code.copied").text_content()
    address = page.get_by_role("link", name="Open in an app").get_attribute("href")
    assert address.startswith("otpauth://totp/Mien") and f"secret={key.replace(' ', '')}&" in address
    page.get_by_label("The code that the app shows").fill("000 00")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_label("The code that the app shows")).to_be_focused()
    used = code(key)
    page.get_by_label("The code that the app shows").fill(used)
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    assert overflow(page) <= 0
    if scripts:
        assert violations(page) == []
    codes = page.locator(".codes code").all_text_contents()
    assert len(set(codes)) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a text file").click()
    assert download.value.suggested_filename == "mien-recovery-codes.txt"
    saved = download.value.path().read_text()
    assert all(text in saved for text in codes) and email in saved
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_text("You have 10 recovery codes left")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Log out").click()

    log_in(page, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code")
    expect(page.get_by_label("Code from your authenticator app")).to_be_focused()
    assert overflow(page) <= 0
    if scripts:
        assert violations(page) == []
    page.get_by_label("Code from your authenticator app").fill(used)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("wrong or was used already")
    page.get_by_label("Code from your authenticator app").fill(next_code(key, used))
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(re.compile("/home$"))
    page.get_by_role("button", name="Log out").click()

    log_in(page, email)
    page.get_by_text("Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[3].upper())
    page.get_by_role("button", name="Log in with it").click()
    expect(page).to_have_url(re.compile("/account/security"))
    expect(page.get_by_role("status")).to_be_in_viewport()
    expect(page.get_by_text("You have 9 recovery codes left")).to_be_visible()
    page.get_by_text("Switch off …").click()
    page.get_by_role("button", name="Switch off the second factor").click()
    expect(page.get_by_role("status")).to_contain_text("switched off")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    log_in(page, email)
    expect(page).to_have_url(re.compile("/home$"))
    assert all("422" in error for error in open_page.failures)
    open_page.failures.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chosen_theme_counts_more_than_the_systems(open_page, scheme):
    page = open_page(scheme=scheme)
    register(page)
    assert is_dark(page) == (scheme == "dark")
    for label in ["Light", "Dark"]:
        page.goto("/account")
        page.get_by_text(label, exact=True).click()
        page.get_by_role("button", name="Save details").click()
        for path in ["/home", "/account/programs", "/analyses/new", "/model"]:
            page.goto(path)
            assert is_dark(page) == (label == "Dark"), path
            assert violations(page) == []
    page.emulate_media(media="print")
    assert not is_dark(page), "paper is light"


@pytest.mark.parametrize("anchor, path", [
    ("password", "/account/security"), ("tokens", "/account/programs"), ("webhooks", "/account/programs"),
    ("leave", "/account/data")])
def test_old_anchors_lead_to_the_page_that_has_them_now(person, anchor, path):
    person.goto(f"/account#{anchor}")
    expect(person).to_have_url(re.compile(f"{path}#{anchor}$"))


def test_the_operators_command_switches_a_second_factor_off(open_page):
    page = open_page()
    email = register(page)
    page.goto("/account/security")
    page.get_by_role("button", name="Set it up").click()
    page.get_by_label("The code that the app shows").fill(code(page.locator("code.copied").text_content()))
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("link", name="I have saved them").click()
    mien("user", "second-factor-off", email)
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    log_in(page, email)
    expect(page).to_have_url(re.compile("/home$"))
