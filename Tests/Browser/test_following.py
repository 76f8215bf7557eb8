"""Pages that follow what goes on, while somebody uses them and the site does not always answer."""

import re
from urllib.parse import urlsplit

import pytest
from conftest import SAMPLE, finished, register, send
from playwright.sync_api import expect
from rules import violations
from test_results import copies, crowd
from test_sharing import make


class Queue:
    """Photos that are finished, as if they waited: to a page, each has its result once it is let go, and not before."""

    def __init__(self, page):
        self.page = page
        self.address = urlsplit(page.url).path
        self.open = None
        # Requests for documents that wait for a change, by the photo.
        self.asked = {}
        self.requests = 0
        # So many fetches of the page are answered with 503.
        self.failing = 0
        self.is_over = False
        page.route(re.compile(re.escape(self.address) + r"(\?[^/]*)?$"), self.answer_page)
        page.route(re.compile(r"\.json(\?wait=\d+)?$"), self.answer_document)
        page.goto(self.address)

    def answer_page(self, route):
        if self.is_over:
            return route.continue_()
        self.requests += 1
        if self.failing and route.request.resource_type == "fetch":
            self.failing -= 1
            return route.fulfill(status=503, body="")
        answer = route.fetch()
        html = answer.text()
        if self.open is None:
            found = re.findall(r'class="card" data-id="[^"]+" data-status="finished">\s*<a href="([^"]+)"', html)
            self.open = found or [self.address]
        if self.address in self.open:
            html = html.replace('data-status="finished"', 'data-status="queued"', 1)
        for address in self.open:
            html = re.sub(
                r'class="card"( data-id="[^"]+") data-status="finished">(\s*<a href="' + re.escape(address) + '")',
                rf'class="card is-open"\1 data-json="{address}.json" data-status="queued">\2', html)
        if self.open:
            token = re.search(r'name="csrf_token" value="([^"]+)"', html)
            cancel = f"""<form method="post" action="{self.address}/cancel">
                <input type="hidden" name="csrf_token" value="{token and token[1]}">
                <button class="button second" type="submit">Cancel the waiting ones</button></form>"""
            html = html.replace('data-live="deeds">', f'data-live="deeds" data-open>{cancel}')
        route.fulfill(response=answer, body=html)

    def answer_document(self, route):
        if self.is_over:
            return route.continue_()
        self.requests += 1
        address = urlsplit(route.request.url).path.removesuffix(".json")
        status = "queued" if address in self.open else "finished"
        if route.request.headers.get("if-none-match") != f'"{status}"':
            return route.fulfill(json={"status": status}, headers={"ETag": f'"{status}"'})
        if status == "finished" or "wait=" not in route.request.url:
            return route.fulfill(status=304, headers={"ETag": f'"{status}"'})
        self.asked.setdefault(address, []).append(route)

    def end(self):
        """Whoever waits is answered by the site itself from now on."""
        self.is_over = True
        for routes in self.asked.values():
            for route in routes:
                route.continue_()

    def finish(self, address):
        self.open.remove(address)
        for route in self.asked.pop(address, []):
            route.fulfill(json={"status": "finished"}, headers={"ETag": '"finished"'})


def batch(page, count=3):
    send(page, *copies(count))
    expect(page.locator("[data-live=progress]")).to_have_text(f"All {count} photos done", timeout=60_000)
    return Queue(page)


def open_cards(page):
    return page.locator(".card.is-open")


def test_a_result_appears_though_its_page_did_not_come_at_first(open_page):
    page = open_page()
    register(page)
    send(page, SAMPLE)
    finished(page)
    queue = Queue(page)
    queue.failing = 1
    expect(page.locator("main")).to_have_attribute("data-status", "queued")
    queue.finish(queue.address)
    expect(page.locator("main")).to_have_attribute("data-status", "finished")
    assert queue.requests < 10
    open_page.failures.clear()


def test_a_list_goes_on_though_its_page_did_not_come_at_first(open_page):
    page = open_page()
    register(page)
    queue = batch(page)
    queue.failing = 1
    expect(open_cards(page)).to_have_count(3)
    queue.finish(queue.open[0])
    expect(open_cards(page)).to_have_count(2)
    assert queue.requests < 10
    open_page.failures.clear()


def test_a_button_that_is_about_to_be_pressed_stays(person):
    queue = batch(person)
    cancel = person.get_by_role("button", name="Cancel the waiting ones")
    cancel.focus()
    for left in [2, 1]:
        queue.finish(queue.open[0])
        expect(open_cards(person)).to_have_count(left)
        expect(cancel).to_be_focused()
    with person.expect_request(lambda request: request.method == "POST" and request.url.endswith("/cancel")):
        person.keyboard.press("Enter")


def test_a_question_that_was_opened_stays_open(person):
    queue = batch(person)
    expect(open_cards(person)).to_have_count(3)
    question = person.locator(".deeds details.delete")
    question.locator("summary").click()
    person.locator("h1").click()
    for left in [2, 1, 0]:
        queue.finish(queue.open[0])
        expect(open_cards(person)).to_have_count(left)
        expect(person.get_by_role("button", name="Yes, delete")).to_be_visible()
    # What came meanwhile is shown once it is closed.
    expect(person.get_by_role("button", name="Cancel the waiting ones")).to_have_count(1)
    question.locator("summary").click()
    person.locator("h1").click()
    expect(person.get_by_role("button", name="Cancel the waiting ones")).to_have_count(0)


def test_a_card_keeps_its_focus_where_it_is(person):
    send(person, *copies(2))
    expect(person.locator("[data-live=progress]")).to_have_text("All 2 photos done", timeout=60_000)
    person.goto("/analyses")
    queue = Queue(person)
    expect(open_cards(person)).to_have_count(2)
    box = person.locator(".card .choose input").last
    box.focus()
    person.keyboard.press("Space")
    queue.finish(queue.open[1])
    expect(open_cards(person)).to_have_count(1)
    expect(box).to_be_focused()
    expect(box).to_be_checked()


def test_a_shared_batch_shows_the_first_result_first(open_page):
    owner = open_page()
    register(owner)
    send(owner, *copies(3))
    expect(owner.locator("[data-live=progress]")).to_have_text("All 3 photos done", timeout=60_000)
    page = open_page()
    page.goto(make(owner))
    queue = Queue(page)
    expect(open_cards(page)).to_have_count(3)
    queue.finish(queue.open[0])
    expect(open_cards(page)).to_have_count(2)
    expect(page.locator(".card").first).not_to_have_class(re.compile("is-open"))


@pytest.mark.parametrize("count", [1, 3], ids=["result", "batch"])
def test_whoever_waits_on_a_link_that_ends_is_told(open_page, count):
    owner = open_page()
    register(owner)
    send(owner, *copies(count))
    if count == 1:
        finished(owner)
    else:
        expect(owner.locator("[data-live=progress]")).to_have_text(f"All {count} photos done", timeout=60_000)
    page = open_page()
    page.goto(make(owner))
    queue = Queue(page)
    if count == 1:
        expect(page.locator("main")).to_have_attribute("data-status", "queued")
    else:
        expect(open_cards(page)).to_have_count(count)
    owner.goto("/shares")
    owner.get_by_role("button", name=re.compile("^End")).click()
    expect(owner.get_by_text("The link is ended.")).to_be_visible()
    queue.end()
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    open_page.failures.clear()


def test_what_somebody_writes_outlives_the_result(person):
    send(person, SAMPLE)
    finished(person)
    # With a photo before and one after, to which the arrow keys lead.
    send(person, SAMPLE)
    finished(person)
    queue = Queue(person)
    expect(person.locator("main")).to_have_attribute("data-status", "queued")
    person.get_by_text("Edit", exact=True).click()
    notes = person.locator("#edit-notes")
    notes.fill("One two")
    notes.evaluate("(area) => area.setSelectionRange(3, 3)")
    queue.finish(queue.address)
    expect(person.locator("main")).to_have_attribute("data-status", "finished")
    expect(notes).to_be_focused()
    person.keyboard.type(" and")
    expect(notes).to_have_value("One and two")
    person.locator("h1").click()
    address = person.url
    for key in ["ArrowLeft", "ArrowRight"]:
        person.keyboard.press(key)
    person.wait_for_timeout(500)
    assert person.url == address
    expect(notes).to_have_value("One and two")


def test_what_somebody_writes_outlives_the_end_of_the_log_in(open_page):
    page = open_page()
    register(page)
    send(page, SAMPLE)
    finished(page)
    queue = Queue(page)
    expect(page.locator("main")).to_have_attribute("data-status", "queued")
    page.get_by_text("Edit", exact=True).click()
    page.locator("#edit-notes").fill("Long and good")
    page.context.clear_cookies()
    queue.end()
    expect(page.get_by_role("alert")).to_contain_text("You are logged out, so nothing was saved yet.")
    expect(page.locator("#edit-notes")).to_have_value("Long and good")
    page.get_by_role("link", name="Close").click()
    expect(page).to_have_url(re.compile("/login"))
    open_page.failures.clear()


def test_a_picture_that_was_enlarged_is_moved_by_keyboard(person):
    send(person, crowd(person))
    finished(person)
    address = person.url
    zoom = person.get_by_role("button", name="Zoom in")
    for _ in range(3):
        zoom.press("Enter")
    viewport = person.locator(".viewport")
    expect(viewport).to_have_attribute("tabindex", "0")
    assert violations(person) == []
    viewport.focus()
    before = viewport.evaluate("(part) => part.scrollLeft")
    person.keyboard.press("ArrowRight")
    person.wait_for_function("(before) => document.querySelector('.viewport').scrollLeft > before", arg=before)
    assert person.url == address
    # A face that is chosen comes into view, wherever it is.
    person.locator(".overlay a[tabindex='0']").focus()
    for _ in range(4):
        person.keyboard.press("ArrowLeft")
        person.wait_for_function(
            """() => {
                const [frame, box] = [".viewport", ".overlay a.is-chosen .box"]
                    .map((part) => document.querySelector(part).getBoundingClientRect());
                return box.left >= frame.left - 1 && box.right <= frame.right + 1 &&
                    box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
            }""")
    person.get_by_role("button", name="Fit").click()
    expect(viewport).to_have_attribute("tabindex", "-1")


def test_no_camera_stays_on_that_nobody_looks_through(person):
    person.add_init_script(
        """window.asked = [];
        const make = () => document.createElement("canvas").captureStream();
        navigator.mediaDevices.getUserMedia = () => new Promise((resolve) => {
            const stream = make();
            asked.push({ stream, allow: () => resolve(stream) });
        });""")
    person.goto("/analyses/new")
    for _ in range(2):
        person.get_by_role("button", name="Take a photo").click()
        expect(person.get_by_role("dialog", name="Take a photo")).to_be_visible()
        if _ == 0:
            person.keyboard.press("Escape")
    states = "asked.map(({ stream }) => stream.getTracks()[0].readyState)"
    person.evaluate("asked[1].allow()")
    person.evaluate("asked[0].allow()")
    expect(person.locator("#camera-view")).to_have_js_property("paused", False)
    assert person.evaluate(states) == ["ended", "live"]
    person.get_by_role("button", name="Close").click()
    assert person.evaluate(states) == ["ended", "ended"]
