"""The account page and the pages behind one-time links, on every kind of screen, with JavaScript and without."""

import json
import re
import subprocess
import zipfile

import pytest
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
    page.get_by_role("button", name="Save details").click()
    expect(page.get_by_role("status")).to_have_text("Your details are saved.")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    page.get_by_label("Your password now").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed.")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
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
    assert len(open_page.errors) == 1 and "422" in open_page.errors.pop()


def test_sessions_are_seen_and_ended(open_page, person):
    person.goto("/account")
    email = person.get_by_label("E-mail address", exact=True).input_value()
    other = open_page()
    log_in(other, email)
    expect(other).to_have_url(re.compile("/home$"))
    person.goto("/account")
    expect(person.locator("#sessions ~ .rows > li")).to_have_count(2)
    expect(person.locator("#sessions ~ .rows > li").first).to_contain_text("This browser")
    person.get_by_role("button", name="End all other sessions").click()
    expect(person.locator("#sessions ~ .rows > li")).to_have_count(1)
    other.goto("/home")
    expect(other).to_have_url(re.compile("/login"))


def test_a_password_is_shown_when_asked_to(person):
    person.goto("/account")
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
    person.goto("/account")
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
        assert sum(name.endswith(".jpg") for name in names) == 4


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_leaving_asks_and_is_for_good(open_page, viewport, scripts):
    page = open_page(viewport, "light", scripts)
    email = register(page)
    page.goto("/account")
    page.get_by_role("link", name="Delete my account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete your account")
    assert overflow(page) <= 0
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_label(re.compile("^Type "))).to_have_accessible_description(re.compile("exactly"))
    page.get_by_label(re.compile("^Type ")).fill(email)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    log_in(page, email)
    expect(page.get_by_role("alert")).to_have_text("E-mail address or password is wrong.")
    assert all("422" in error for error in open_page.errors)
    open_page.errors.clear()


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
    open_page.errors.clear()
    log_in(page, email, NEW_PASSWORD)
    expect(page).to_have_url(re.compile("/home$"))


@pytest.mark.parametrize("path", ["/login", "/register", "/account", "/account/delete", "/model"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_follow_the_rules_of_accessibility(open_page, viewport, scheme, path):
    page = open_page(viewport, scheme)
    if path.startswith("/account"):
        register(page)
    page.goto(path)
    assert violations(page) == []
    assert overflow(page) <= 0
