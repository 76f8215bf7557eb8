"""Choosing photos, what is wrong with them, and choosing faces."""

import re

import pytest
from conftest import DESKTOP, PHONE, SAMPLE, acknowledge, finished, register, send
from playwright.sync_api import expect

TEXT = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"These are words and no photo."}
PHOTO = {"name": "good.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()}
EMPTY = {"name": "empty.png", "mimeType": "image/png", "buffer": b""}
TRUNCATED = {"name": "cut.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()[:400]}


def test_a_bad_file_is_told_beside_it_and_the_good_one_goes_on(person):
    person.goto("/analyses/new")
    person.locator("#photo").set_input_files([TEXT, EMPTY, PHOTO])
    expect(person.locator(".preview")).to_have_count(3)
    expect(person.locator(".preview.is-bad")).to_have_count(2)
    expect(person.locator(".preview", has_text="notes.jpg")).to_contain_text("Not a JPEG, PNG or WebP photo.")
    expect(person.locator(".preview", has_text="empty.png")).to_contain_text("The file is empty.")
    acknowledge(person)
    person.get_by_role("button", name="Analyse").click()
    expect(person.locator("#failures")).to_have_text("1 sent; 2 could not be.")
    expect(person.locator("#failures")).to_be_focused()
    # Those that need a hand stand first.
    expect(person.locator(".preview").last).to_contain_text("good.jpg")
    person.get_by_role("link", name="See the result").click()
    finished(person)


def test_a_file_can_be_taken_out_again(person):
    person.goto("/analyses/new")
    person.locator("#photo").set_input_files([TEXT, PHOTO])
    person.get_by_role("button", name="Remove notes.jpg").click()
    expect(person.locator(".preview")).to_have_count(1)
    acknowledge(person)
    person.get_by_role("button", name="Analyse").click()
    finished(person)


def test_nothing_is_sent_when_nothing_is_chosen(person):
    person.goto("/analyses/new")
    person.get_by_role("button", name="Analyse").click()
    expect(person.locator("#status")).to_have_text("Choose a photo first.")


def test_several_photos_all_arrive(person):
    person.goto("/analyses/new")
    copies = [PHOTO | {"name": f"copy-{n}.jpg"} for n in range(3)]
    person.locator("#photo").set_input_files(copies)
    acknowledge(person)
    person.get_by_role("button", name="Analyse 3 photos").click()
    expect(person).to_have_url(re.compile(r"/batches/[0-9a-f-]{36}$"))
    expect(person.locator(".card")).to_have_count(3)
    # The list shows the results by itself.
    expect(person.locator(".card img")).to_have_count(3, timeout=30_000)
    expect(person.locator("[data-live=progress]")).to_have_text("All 3 photos done")


def test_the_sample_is_one_click_away(person):
    person.get_by_role("link", name="Try the sample").click()
    expect(person.locator(".preview", has_text="sample.jpg")).to_be_visible()
    acknowledge(person)
    person.get_by_role("button", name="Analyse").click()
    finished(person)
    expect(person.locator(".face-item")).to_have_count(1)


def test_a_sample_that_does_not_come_is_told(open_page):
    page = open_page()
    register(page)
    page.route("**/static/sample*", lambda route: route.abort())
    page.goto("/analyses/new?sample=1")
    expect(page.locator("#status")).to_have_text("The sample could not be loaded. Try again in a moment.")
    page.unroute("**/static/sample*")
    page.get_by_role("button", name="Try it with a sample photo").click()
    expect(page.locator(".preview", has_text="sample.jpg")).to_be_visible()
    open_page.failures.clear()


def test_a_dropped_photo_is_chosen(person):
    person.goto("/analyses/new")
    data = person.evaluate_handle(
        """async (address) => {
            const data = new DataTransfer();
            const blob = await (await fetch(address)).blob();
            data.items.add(new File([blob], "dropped.jpg", { type: "image/jpeg" }));
            return data;
        }""",
        person.locator(".compose").get_attribute("data-sample"))
    # Beside the box: the browser would open it, and what was written would be lost.
    person.dispatch_event("h1", "drop", {"dataTransfer": data})
    expect(person.locator(".preview", has_text="dropped.jpg")).to_be_visible()


def test_on_a_phone_the_button_stays_in_view_and_says_how_far_it_is(open_page):
    page = open_page(PHONE)
    register(page)
    page.goto("/analyses/new")
    page.locator("#photo").set_input_files([PHOTO | {"name": f"copy-{n}.jpg"} for n in range(4)])
    expect(page.locator(".preview")).to_have_count(4)
    send = page.get_by_role("button", name="Analyse 4 photos")
    expect(send).to_be_in_viewport(ratio=1)
    acknowledge(page)
    # The answers never come: the page stays as it is while it sends.
    page.route("**/analyses", lambda route: None)
    send.click()
    expect(page.get_by_role("button", name=re.compile(r"^Sending \d of 4 · \d+ %$"))).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
def test_a_truncated_photo_fails_with_its_reason(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    send(page, TRUNCATED)
    expect(page.locator(".failure h2")).to_have_text("This photo could not be analysed", timeout=30_000)
    expect(page.locator(".failure code")).to_have_text("damaged")
    expect(page.get_by_role("link", name="Send another photo")).to_be_visible()


def test_without_scripts_the_form_comes_back_with_what_was_written(open_page):
    page = open_page(scripts=False)
    register(page)
    send(page, TEXT, title="Kept")
    expect(page.get_by_role("alert")).to_contain_text("notes.jpg:")
    expect(page.get_by_label("Title")).to_have_value("Kept")
    assert all("422" in error or "415" in error or "400" in error for error in open_page.failures)
    open_page.failures.clear()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_face_can_be_chosen_in_picture_and_list(open_page, viewport):
    page = open_page(viewport)
    register(page)
    send(page, SAMPLE)
    finished(page)
    link = page.locator(".overlay a.face").first
    box, photo = link.locator(".box").bounding_box(), page.locator(".stage img").bounding_box()
    assert photo["x"] <= box["x"] and box["x"] + box["width"] <= photo["x"] + photo["width"] + 1
    assert photo["y"] <= box["y"] and box["y"] + box["height"] <= photo["y"] + photo["height"] + 1
    number = link.get_attribute("data-face")
    link.click()
    expect(page.locator(f"#face-{number}")).to_be_visible()
    assert link.get_attribute("aria-label").startswith(f"Face {number}, ")


def test_words_of_people_stay_words(person):
    evil = "<img src=x onerror=alert(1)>"
    send(person, SAMPLE, title=evil)
    finished(person)
    expect(person.get_by_role("heading", level=1)).to_have_text(evil)
    person.get_by_role("link", name="History").click()
    expect(person.locator(".card-title")).to_have_text(evil)
