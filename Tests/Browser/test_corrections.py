"""Correcting how a face appears, and marking one that was missed, with scripts and without."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import DESKTOP, PHONE, SAMPLE, finished, overflow, register, send
from playwright.sync_api import expect

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])


def result(open_page, scripts=True, **options):
    page = open_page(scripts=scripts, **options)
    register(page)
    send(page, SAMPLE)
    finished(page)
    return page


def stays(page):
    """Marks the document, so that a new one is told from it."""
    page.evaluate("window.isSame = true")


@SCRIPTS
def test_a_face_is_corrected_and_taken_back(open_page, scripts):
    page = result(open_page, scripts)
    answer = page.locator(".face-look").first.inner_text()
    if scripts:
        stays(page)
    page.get_by_role("link", name="Correct face 1").click()
    form = page.locator("#correct")
    expect(form).to_be_visible()
    expect(form.get_by_label("may be used to improve the model")).not_to_be_checked()
    # The page may still be moving to the form: a click waits until it stands still.
    form.get_by_text("Afraid", exact=True).click()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You said: afraid")).to_be_visible()
    # The model's answer stands as it was, and the picture says what the person said.
    assert page.locator(".face-look").first.inner_text() == answer
    expect(page.locator(".overlay a.face").first).to_have_class(re.compile("e-fear"))
    expect(page.locator(".overlay a.face").first).to_have_attribute("aria-label", re.compile("You said: afraid"))
    if scripts:
        assert page.evaluate("window.isSame") is True
        expect(page.get_by_role("link", name="Change face 1")).to_be_focused()
    page.goto("/analyses?emotion=fear")
    expect(page.locator(".card")).to_have_count(1)
    page.locator(".card a").first.click()
    page.get_by_role("link", name="Change face 1").click()
    expect(page.get_by_role("radio", name="Afraid")).to_be_checked()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("You said")).to_have_count(0)
    expect(page.get_by_role("link", name="Correct face 1")).to_be_visible()


def test_a_form_about_a_face_is_used_by_keyboard_and_closed(open_page):
    page = result(open_page)
    stays(page)
    page.get_by_role("link", name="Correct face 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Angry")).to_be_focused()
    # Without a choice nothing is sent.
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#correct")).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(page.locator("#correct")).to_have_count(0)
    expect(page.get_by_role("link", name="Correct face 1")).to_be_focused()
    assert page.evaluate("window.isSame") is True


def test_a_missed_face_is_drawn(open_page):
    page = result(open_page)
    stays(page)
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("link", name="Mark a missed face").click()
    expect(page.locator("#mark")).to_be_focused()
    photo = page.locator(".stage img").bounding_box()
    page.mouse.move(photo["x"] + 0.05 * photo["width"], photo["y"] + 0.6 * photo["height"])
    page.mouse.down()
    page.mouse.move(photo["x"] + 0.25 * photo["width"], photo["y"] + 0.9 * photo["height"], steps=4)
    page.mouse.up()
    assert abs(float(page.get_by_label("From the left").input_value()) - 5) < 0.5
    assert abs(float(page.get_by_label("Height").input_value()) - 30) < 0.5
    # Numbers are shown in the picture as well.
    page.get_by_label("Width").fill("15")
    expect(page.locator(".marking .box")).to_have_attribute("width", "15%")
    page.locator("form.correct").get_by_text("Happy", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".face-item")).to_have_count(2)
    expect(page.locator(".face-item").last).to_contain_text("You said: happy")
    expect(page.locator("#faces-heading")).to_have_text("2 faces")
    assert page.evaluate("window.isSame") is True
    page.get_by_role("link", name="Change face 2").click()
    page.locator("form.correct").get_by_text("Not a face", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".face-item")).to_have_count(1)


@SCRIPTS
def test_a_missed_face_is_marked_by_numbers(open_page, scripts):
    page = result(open_page, scripts)
    page.get_by_role("link", name="Mark a missed face").click()
    for name, value in {"From the left": "5", "From the top": "60", "Width": "1", "Height": "30"}.items():
        page.get_by_label(name).fill(value)
    page.locator("form.correct").get_by_text("Cannot tell", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("too small")
    # The console tells of the refusal.
    open_page.failures.clear()
    page.get_by_label("Width").fill("20")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".face-item").last).to_contain_text("You said: cannot be told")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_forms_about_faces_break_no_rule_of_accessibility(open_page, viewport, scheme):
    page = result(open_page, viewport=viewport, scheme=scheme)
    axe, found = Axe(), []

    def check(name):
        assert overflow(page) <= 0, name
        report = axe.run(page)
        if report.violations_count:
            found.append(f"{name}: {report.generate_report()}")

    page.get_by_role("link", name="Correct face 1").click()
    expect(page.locator("#correct")).to_be_visible()
    check("correcting")
    page.locator("form.correct").get_by_text("Not a face", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You said: not a face")).to_be_visible()
    check("corrected")
    page.get_by_role("link", name="Mark a missed face").click()
    expect(page.locator("#mark")).to_be_visible()
    check("marking")
    page.goto("/model")
    expect(page.get_by_role("heading", name="What people said of its answers")).to_be_visible()
    check("model")
    assert found == []
