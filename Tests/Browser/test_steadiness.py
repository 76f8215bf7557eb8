"""Nothing moves that nobody moved: neither when scripts and photos come, nor what is pressed."""

import base64
import time

import pytest
from conftest import DESKTOP, SAMPLE, finished, log_in, register, send
from playwright.sync_api import expect
from test_operations import administrator  # noqa: F401

NARROW = {"width": 390, "height": 844}
SCREENS = pytest.mark.parametrize("viewport", [DESKTOP, NARROW], ids=["desktop", "phone"])
# The sum of what browsers report as layout shifts; below 0.1 is what search engines call good.
MEASURE = """
    window.moved = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""


def stretched(page, width, height):
    """The sample as a photo of another shape."""
    data = page.evaluate(
        """async ([bytes, width, height]) => {
            const sample = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            const canvas = Object.assign(document.createElement("canvas"), { width, height });
            canvas.getContext("2d").drawImage(sample, 0, 0, width, height);
            return canvas.toDataURL("image/jpeg").split(",")[1];
        }""",
        [list(SAMPLE.read_bytes()), width, height])
    return photo(f"{width}.jpg", base64.b64decode(data))


def photo(name, content):
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


@SCREENS
def test_a_page_stays_as_it_is_when_its_script_comes(open_page, viewport):
    page = open_page(viewport)
    register(page)
    send(page, SAMPLE)
    finished(page)
    page.add_init_script(MEASURE)

    def late(route):
        time.sleep(0.3)
        route.continue_()

    # After the page has been painted.
    page.route("**/*.js", late)
    for path in ["/analyses", "/analyses/new", "/home", page.url]:
        page.goto(path)
        expect(page.locator("html.is-live")).to_be_attached()
        page.wait_for_timeout(300)
        assert page.evaluate("window.moved") < 0.02, path


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
def test_filters_are_open_on_a_phone_only_without_scripts(open_page, scripts):
    page = open_page(NARROW, scripts=scripts)
    register(page)
    send(page, SAMPLE)
    finished(page)
    page.goto("/analyses")
    state = page.get_by_label("State")
    if scripts:
        expect(state).to_be_hidden()
        page.get_by_text("Filters", exact=True).click()
    expect(state).to_be_visible()
    state.select_option("failed")
    page.get_by_role("button", name="Search", exact=True).click()
    # What narrows the list stays in view.
    expect(page.get_by_label("State")).to_be_visible()


def test_cards_on_a_phone_are_as_high_as_their_words(open_page):
    page = open_page(NARROW)
    register(page)
    send(page, photo("sample.jpg", SAMPLE.read_bytes()), stretched(page, 500, 1500), stretched(page, 1500, 500))
    expect(page.locator("[data-live=progress]")).to_have_text("All 3 photos done", timeout=30_000)

    def heights():
        return {round(card.bounding_box()["height"]) for card in page.locator(".card").all()}

    # They never come.
    page.route("**/thumbnail.jpg", lambda route: None)
    page.goto("/analyses", wait_until="domcontentloaded")
    before = heights()
    page.unroute_all()
    page.goto("/analyses")
    expect(page.locator(".card img")).to_have_count(3)
    page.wait_for_function("[...document.querySelectorAll('.card img')].every((image) => image.naturalWidth > 0)")
    assert heights() == before and len(before) == 1


@SCREENS
def test_what_is_pressed_stays_under_the_pointer(open_page, administrator, viewport):  # noqa: F811
    page = open_page(viewport)
    log_in(page, administrator)

    def stays(summary):
        summary.scroll_into_view_if_needed()
        before = summary.bounding_box()
        summary.click()
        expect(summary.locator("xpath=following-sibling::*")).to_be_visible()
        assert summary.bounding_box() == before, summary.inner_text()

    page.goto("/operations")
    stays(page.locator("summary", has_text="Pause …"))
    register(open_page())
    page.goto("/operations/users")
    stays(page.locator("summary", has_text="Manage").first)
    for summary in page.locator(".manage[open] .ask > summary").all():
        stays(summary)
