"""From registering to leaving, on every kind of screen, with JavaScript and without."""

import json
import re

import pytest
from conftest import DESKTOP, PHONE, SAMPLE, finished, log_in, overflow, register, saved_result, send
from playwright.sync_api import expect

EMOTIONS = ["Angry", "Disgusted", "Afraid", "Happy", "Sad", "Surprised", "Neutral"]


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_person_registers_analyses_a_photo_and_leaves(open_page, viewport, scheme, scripts):
    page = open_page(viewport, scheme, scripts)
    page.goto("/")
    page.get_by_role("link", name="Create an account").first.click()
    email = register(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Ada Lovelace")
    expect(page.get_by_text("Nothing here yet")).to_be_visible()

    send(page, SAMPLE, title="First light")
    finished(page)
    assert overflow(page) <= 0
    expect(page.get_by_role("heading", level=1)).to_have_text("First light")
    face = page.locator(".face-item").first
    expect(face.locator(".face-look")).to_have_text(re.compile(r"^(appears|not sure; perhaps) \w+, \d+\s%$"))
    assert face.locator("th").all_text_contents() == EMOTIONS
    percents = [int(re.match(r"\d+", text)[0]) for text in face.locator("td:last-child").all_text_contents()]
    assert len(percents) == 7 and 96 <= sum(percents) <= 104
    assert page.locator(".stage img").evaluate("image => image.complete && image.naturalWidth") == 512
    address = page.url

    page.get_by_role("link", name="History").click()
    card = page.locator(".card").filter(has_text="First light")
    assert card.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert overflow(page) <= 0
    card.get_by_role("link").click()
    expect(page).to_have_url(address)

    page.get_by_role("link", name="Home").click()
    expect(page.locator(".tiles a", has_text="Photos").first).to_contain_text("1")
    page.get_by_role("button", name="Log out").click()
    page.goto(address)
    expect(page).to_have_url(re.compile("/login"))
    log_in(page, email)
    page.goto(address)
    finished(page)


def test_logging_in_leads_to_where_one_wanted_to_go(page):
    email = register(page)
    page.get_by_role("button", name="Log out").click()
    page.goto("/analyses")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill("kumquat marmalade")
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/analyses$"))


def test_a_second_tab_comes_in_and_goes_out_with_the_first(page):
    email = register(page)
    page.get_by_role("button", name="Log out").click()
    page.goto("/analyses")
    other = page.context.new_page()
    other.goto("/trends")
    for tab in [page, other]:
        tab.get_by_label("E-mail address").fill(email)
        tab.get_by_label("Password").fill("kumquat marmalade")
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/analyses$"))
    other.get_by_role("button", name="Log in").click()
    expect(other).to_have_url(re.compile("/trends$"))
    other.get_by_role("button", name="Log out").click()
    expect(other).to_have_url(re.compile(r"[0-9]/$"))
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile(r"[0-9]/$"))


def test_a_second_tab_puts_nobody_into_another_account(open_page, page):
    email = register(page)
    page.get_by_role("button", name="Log out").click()
    page.goto("/login")
    other = page.context.new_page()
    other.goto("/login")
    log_in(page, email)
    expect(page).to_have_url(re.compile("/home$"))
    other.get_by_label("E-mail address").fill("somebody-else@example.org")
    other.get_by_label("Password").fill("kumquat marmalade")
    other.get_by_role("button", name="Log in").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Somebody is logged in here already")
    expect(other.locator("main")).to_contain_text(email)
    other.locator("main").get_by_role("button", name="Log out").click()
    expect(other).to_have_url(re.compile(r"[0-9]/$"))
    # The browser itself counts the 409 as an error.
    assert len(open_page.failures) == 1 and "409" in open_page.failures.pop()


def test_a_wrong_password_says_so_and_keeps_the_address(open_page, page):
    email = register(page)
    page.get_by_role("button", name="Log out").click()
    log_in(page, email, "not the password")
    expect(page.get_by_role("alert")).to_have_text("E-mail address or password is wrong.")
    expect(page.get_by_label("E-mail address")).to_have_value(email)
    expect(page.get_by_label("Password")).to_have_value("")
    # The browser itself counts the 422 as an error.
    assert len(open_page.failures) == 1 and "422" in open_page.failures.pop()


def test_the_files_that_are_saved_are_the_result(person):
    send(person, SAMPLE, title="To keep")
    finished(person)
    document = json.loads(saved_result(person, "JSON").read_text())
    assert document["status"] == "finished" and document["title"] == "To keep"
    assert len(document["faces"]) == person.locator(".face-item").count()
    assert saved_result(person, "Picture").read_bytes()[:3] == b"\xff\xd8\xff"


def test_deleting_asks_first_and_hides_it_at_once(open_page, person):
    send(person, SAMPLE)
    finished(person)
    address = person.url
    person.locator(".more").click()
    person.get_by_text("Delete", exact=True).click()
    person.get_by_role("button", name="Delete it").click()
    expect(person.get_by_text("1 photo deleted.")).to_be_visible()
    expect(person.get_by_text("Nothing here yet")).to_be_visible()
    assert person.goto(address).status == 404
    assert person.request.get(f"{address}/clean.jpg").status == 404
    assert all("404" in error for error in open_page.failures)
    open_page.failures.clear()


def test_nobody_else_sees_a_result(open_page, person):
    send(person, SAMPLE)
    finished(person)
    address = person.url
    other = open_page()
    register(other)
    for path in ["", ".json", "/clean.jpg", "/annotated.jpg", "/thumbnail.jpg"]:
        assert other.request.get(address + path).status == 404, path


def test_the_page_about_the_api_leads_to_its_sections(page):
    page.goto("/api")
    contents = page.get_by_role("navigation", name="On this page")
    assert contents.get_by_role("link").all_inner_texts() == page.get_by_role("heading", level=2).all_inner_texts()
    contents.get_by_role("link", name="Shared links").click()
    expect(page).to_have_url(re.compile("#shared-links$"))
    expect(page.get_by_role("heading", name="Shared links")).to_be_in_viewport()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_is_wider_than_the_screen(open_page, viewport):
    page = open_page(viewport)
    for path in ["/", "/login", "/register", "/api"]:
        page.goto(path)
        assert overflow(page) <= 0, path
    # Its addresses are as long as the site's name.
    page.set_viewport_size({"width": 300, "height": 640})
    assert overflow(page) <= 0
    page.set_viewport_size(viewport)
    register(page)
    for path in ["/home", "/account", "/analyses", "/analyses/new"]:
        page.goto(path)
        assert overflow(page) <= 0, path
