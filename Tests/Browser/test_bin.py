"""The bin, and what is done to several photos at once, with and without scripts."""

import re

import pytest
from conftest import PHONE, SAMPLE, acknowledge, finished, overflow, register, send
from playwright.sync_api import expect
from rules import violations

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


def sent(page, *titles):
    for title in titles:
        send(page, SAMPLE, title=title)
        finished(page)


def titles(page):
    return page.locator(".card-title")


@SCRIPTS
def test_what_is_deleted_is_undone_or_put_back_from_the_bin(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    sent(page, "Harbour", "Mountain")
    address = page.url
    page.locator(".more").click()
    page.get_by_text("Delete", exact=True).click()
    expect(page.get_by_text("You can undo this for 30 days.")).to_be_visible()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("1 photo deleted.")).to_be_visible()
    expect(titles(page)).to_have_text(["Harbour"])
    assert page.request.get(address).status == 404
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 photo put back.")).to_be_visible()
    expect(titles(page)).to_have_text(["Mountain", "Harbour"])
    assert page.request.get(address).status == 200

    for title in ["Mountain", "Harbour"]:
        page.goto("/analyses")
        page.get_by_label(f"Choose {title}").check()
        page.locator(".selection-bar summary", has_text="Delete").click()
        page.get_by_role("button", name="Yes, delete").click()
        expect(page.get_by_text("1 photo deleted.")).to_be_visible()
    page.get_by_role("link", name="Bin", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bin")
    expect(titles(page)).to_have_text(["Harbour", "Mountain"])
    expect(page.get_by_text("Gone in 30 days").first).to_be_visible()
    assert page.locator(".card img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.get_by_role("button", name="Put back Mountain").click()
    expect(page.get_by_text("1 photo put back.")).to_be_visible()
    expect(titles(page)).to_have_text(["Harbour"])
    page.get_by_label("Choose Harbour").check()
    page.locator(".selection-bar summary", has_text="Delete for good").click()
    page.get_by_role("button", name="Yes, delete").click()
    expect(page.get_by_text("1 photo deleted for good.")).to_be_visible()
    expect(page.get_by_role("heading", name="The bin is empty")).to_be_visible()
    page.get_by_role("link", name="To your history").click()
    expect(titles(page)).to_have_text(["Mountain"])


def test_enter_on_a_box_puts_back_what_is_ticked(open_page):
    page = open_page(scripts=False)
    register(page)
    sent(page, "Harbour", "Mountain")
    for title in ["Mountain", "Harbour"]:
        page.goto("/analyses")
        page.get_by_label(f"Choose {title}").check()
        page.locator(".selection-bar summary", has_text="Delete").click()
        page.get_by_role("button", name="Yes, delete").click()
    page.goto("/history/bin")
    expect(titles(page)).to_have_text(["Harbour", "Mountain"])
    page.get_by_label("Choose Mountain").check()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 photo put back.")).to_be_visible()
    expect(titles(page)).to_have_text(["Harbour"])


@SCRIPTS
def test_the_bin_is_emptied_after_a_question(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    sent(page, "Harbour")
    page.locator(".more").click()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete it").click()
    page.goto("/history/bin")
    page.get_by_text("Empty the bin").click()
    expect(page.get_by_text("This cannot be undone.").first).to_be_visible()
    page.get_by_role("button", name="Delete everything here").click()
    expect(page.get_by_text("1 photo deleted for good.")).to_be_visible()


@SCRIPTS
def test_several_get_tags_and_lose_them(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    sent(page, "Harbour", "Mountain")
    page.goto("/analyses")
    for title in ["Harbour", "Mountain"]:
        page.get_by_label(f"Choose {title}").check()
    page.locator(".selection-bar summary", has_text="Tags").click()
    page.get_by_label("Tags, with commas between them").fill("Summer, lake")
    # Enter adds, as it does in a form of one field.
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 photos tagged.")).to_be_visible()
    expect(page.locator(".card-tags")).to_have_text([re.compile("summer.*lake")] * 2)
    page.get_by_label("Choose Harbour").check()
    page.locator(".selection-bar summary", has_text="Tags").click()
    page.get_by_label("Tags, with commas between them").fill("lake")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Tags taken from 1 photo.")).to_be_visible()
    page.goto("/analyses?tag=lake")
    expect(titles(page)).to_have_text(["Mountain"])
    page.get_by_label("Order").select_option("oldest")
    page.get_by_label("Tag", exact=True).fill("summer")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(titles(page)).to_have_text(["Harbour", "Mountain"])


def test_the_question_has_the_number_and_escape_closes_it(person):
    sent(person, "Harbour", "Mountain")
    person.goto("/analyses")
    for box in person.locator(".choose input").all():
        box.check()
    summary = person.locator(".selection-bar summary", has_text="Delete")
    summary.click()
    expect(person.locator(".delete-sure:visible")).to_contain_text("Delete 2 photos?")
    person.get_by_role("button", name="Yes, delete").focus()
    person.keyboard.press("Escape")
    expect(person.get_by_role("button", name="Yes, delete")).to_be_hidden()
    expect(summary).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_the_bin_and_the_bar_keep_the_rules(open_page, viewport, scheme):
    page = open_page(**({"viewport": viewport} if viewport else {}), scheme=scheme)
    register(page)
    sent(page, "Harbour", "A title that is much longer than the card is wide, so that it ends in dots")
    page.locator(".more").click()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete it").click()
    page.locator(".choose input").check()
    for words in ["Tags", "Delete"]:
        page.locator(".selection-bar summary", has_text=words).click()
        assert violations(page) == [] and overflow(page) <= 0
    page.goto("/history/bin")
    assert violations(page) == [] and overflow(page) <= 0
    page.locator(".choose input").check()
    page.locator(".selection-bar summary").click()
    assert violations(page) == [] and overflow(page) <= 0


# The element that has the focus, where none of its points is to be seen; nothing where one is.
HIDDEN = """() => {
    const part = document.activeElement;
    const { left, top, right, bottom } = part.getBoundingClientRect();
    for (let x = left + 1; x < right; x += 5) {
        for (let y = top + 1; y < bottom; y += 5) {
            const found = document.elementFromPoint(x, y);
            if (found && (part.contains(found) || found.contains(part))) return null;
        }
    }
    return part.outerHTML.slice(0, 150);
}"""


def hidden_stops(page):
    """Where the focus lies wholly under something else on its way through a page (WCAG 2.2, 2.4.11)."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    found, seen = [], 0
    for key in ["Tab", "Shift+Tab"]:
        for _ in range(300):
            page.keyboard.press(key)
            if page.evaluate("document.activeElement === document.body"):
                break
            seen += 1
            found += [stop] if (stop := page.evaluate(HIDDEN)) else []
    assert seen > 20
    return found


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_the_focus_is_seen_on_its_way_through_a_page(open_page, viewport):
    page = open_page(**({"viewport": viewport} if viewport else {}))
    register(page)
    page.goto("/analyses/new")
    page.locator("#photo").set_input_files([
        {"name": f"copy-{number}.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()} for number in range(14)])
    expect(page.locator(".preview")).to_have_count(14)
    assert hidden_stops(page) == []
    acknowledge(page)
    page.get_by_role("button", name="Analyse 14 photos").click()
    expect(page.locator("[data-live=progress]")).to_have_text("All 14 photos done", timeout=60_000)
    assert hidden_stops(page) == []
    page.goto("/analyses")
    assert hidden_stops(page) == []
    page.locator(".choose input").first.check()
    assert hidden_stops(page) == []
    page.locator(".choose input").first.uncheck()
    for box in page.locator(".choose input").all():
        box.check()
    page.locator(".selection-bar summary", has_text="Delete").click()
    page.get_by_role("button", name="Yes, delete").click()
    page.goto("/history/bin")
    expect(titles(page)).to_have_count(14)
    assert hidden_stops(page) == []
    page.locator(".choose input").first.check()
    assert hidden_stops(page) == []


@SCRIPTS
def test_a_search_is_kept_under_a_name(open_page, scripts):
    page = open_page(scripts=scripts, viewport=PHONE)
    register(page)
    sent(page, "Harbour", "Mountain")
    page.goto("/analyses")
    expect(page.get_by_text("Save this search")).to_have_count(0)
    page.get_by_label("Search", exact=True).fill("harb")
    page.get_by_label("Search", exact=True).press("Enter")
    expect(titles(page)).to_have_text(["Harbour"])
    page.get_by_text("Save this search").click()
    page.get_by_label("Its name").fill("W" * 60)
    page.get_by_role("button", name="Save", exact=True).click()
    assert overflow(page) <= 0
    page.get_by_role("button", name="Remove this saved search").click()
    page.get_by_text("Save this search").click()
    page.get_by_label("Its name").fill("By the sea")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="By the sea")).to_have_attribute("aria-current", "true")
    expect(titles(page)).to_have_text(["Harbour"])
    assert violations(page) == [] and overflow(page) <= 0

    page.goto("/analyses")
    expect(titles(page)).to_have_text(["Mountain", "Harbour"])
    page.get_by_role("link", name="By the sea").click()
    expect(titles(page)).to_have_text(["Harbour"])
    page.get_by_role("button", name="Remove this saved search").click()
    expect(page.get_by_role("link", name="By the sea")).to_have_count(0)
    expect(page.get_by_text("Save this search")).to_be_visible()
