"""The result page in depth: faces, zoom, information, files, failures and trying again; batches and the history."""

import base64
import csv
import io
import json
import re
import subprocess
import zipfile

import jsonschema
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import DESKTOP, PASSWORD, PHONE, SAMPLE, acknowledge, finished, log_in, overflow, register, saved_result, send
from playwright.sync_api import expect

PHOTO = {"name": "good.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()}
TRUNCATED = {"name": "cut.jpg", "mimeType": "image/jpeg", "buffer": SAMPLE.read_bytes()[:400]}
SCREENS = pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])


def copies(count):
    return [PHOTO | {"name": f"copy-{number}.jpg"} for number in range(count)]


def crowd(page):
    """A photo of 25 faces: the sample's, five times five, some of them too well covered to be sure of."""
    data = page.evaluate(
        """async (bytes) => {
            const sample = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            const canvas = Object.assign(document.createElement("canvas"), { width: 1600, height: 1100 });
            const paper = canvas.getContext("2d");
            for (let index = 0; index < 25; index++) {
                const [x, y] = [(index % 5) * 320, Math.floor(index / 5) * 220];
                paper.drawImage(sample, 110, 30, 230, 158, x, y, 320, 220);
                if (index % 3 !== 2) continue;
                // A mask, from the nose to the chin.
                paper.fillStyle = "#9fb8d0";
                paper.beginPath();
                paper.roundRect(x + 98, y + 128, 128, 84, 30);
                paper.fill();
            }
            return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
        }""",
        list(SAMPLE.read_bytes()))
    return {"name": "crowd.jpg", "mimeType": "image/jpeg", "buffer": base64.b64decode(data)}


def saved(page, name):
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    return download.value.path()


def text_of(pdf):
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout


@SCHEMES
@SCREENS
def test_no_page_breaks_a_rule_of_accessibility(open_page, viewport, scheme):
    page = open_page(viewport, scheme)
    register(page)
    axe, found = Axe(), []

    def check(name):
        assert overflow(page) <= 0, name
        report = axe.run(page)
        if report.violations_count:
            found.append(f"{name}: {report.generate_report()}")

    page.goto("/analyses/new")
    check("new")
    page.locator("#photo").set_input_files(copies(2))
    check("new with photos")
    page.goto("/analyses")
    check("empty history")
    send(page, PHOTO, title="Checked")
    finished(page)
    check("result")
    page.get_by_text("Edit", exact=True).click()
    check("editing")
    page.get_by_role("link", name="Close").click()
    page.get_by_text("Save", exact=True).click()
    check("saving")
    send(page, crowd(page))
    finished(page)
    check("many faces")
    page.locator(".is-row summary").first.click()
    check("an open row")
    send(page, TRUNCATED)
    expect(page.locator(".failure h2")).to_be_visible(timeout=30_000)
    check("failure")
    send(page, *copies(2))
    expect(page.locator(".card img")).to_have_count(2, timeout=30_000)
    check("batch")
    page.goto("/analyses")
    page.get_by_label("Choose Checked").check()
    check("history")
    page.goto("/analyses?q=nothing")
    check("nothing found")
    assert found == []


def test_faces_are_chosen_by_keyboard(person):
    send(person, SAMPLE)
    finished(person)
    link = person.locator(".overlay a.face").first
    link.focus()
    person.keyboard.press("Enter")
    number = link.get_attribute("data-face")
    expect(link).to_have_class(re.compile("is-chosen"))
    expect(person.locator(f"#face-{number}")).to_have_class(re.compile("is-chosen"))
    person.keyboard.press("Escape")
    expect(link).not_to_have_class(re.compile("is-chosen"))
    person.keyboard.press("ArrowRight")
    expect(person.locator(".overlay a.is-chosen")).to_have_count(1)


@SCREENS
def test_menus_open_within_the_window(person, viewport):
    send(person, SAMPLE)
    finished(person)
    person.set_viewport_size(viewport)
    menus = person.locator(".tools .drawer")
    assert menus.count() == 2
    for index in range(2):
        menus.nth(index).locator("> summary").click()
        panel = menus.nth(index).locator("> .panel").bounding_box()
        assert panel["x"] >= 8 and panel["x"] + panel["width"] <= viewport["width"] - 8


def test_many_faces_fit_on_one_short_page(person):
    send(person, crowd(person))
    finished(person)
    expect(person.locator(".face-item.is-row")).to_have_count(25)
    person.set_viewport_size({"width": 1280, "height": 800})
    assert person.evaluate("document.documentElement.scrollHeight") <= 3000
    save = person.get_by_text("Save", exact=True).bounding_box()
    assert save["y"] + save["height"] <= 800
    assert all(row.bounding_box()["height"] >= 44 for row in person.locator(".is-row summary").all()[:3])
    # The picture is one stop of the Tab key.
    assert person.locator('.overlay a:not([tabindex="-1"])').count() == 1
    # A row opens where its face is chosen in the picture, and closes with the next.
    person.locator(".overlay a.face").nth(4).click()
    expect(person.locator(".is-row details[open]")).to_have_count(1)
    expect(person.get_by_role("table", name="How face 5 looks, by class")).to_be_visible()
    person.keyboard.press("ArrowRight")
    expect(person.get_by_role("table", name="How face 6 looks, by class")).to_be_visible()
    expect(person.locator(".is-row details[open]")).to_have_count(1)


def test_many_faces_stand_in_the_order_that_is_chosen(person):
    send(person, crowd(person))
    finished(person)

    def rows():
        return person.locator(".face-item").evaluate_all(
            """(rows) => rows.map((row) => {
                const sureness = parseFloat(row.querySelector("summary .number").textContent);
                return [Number(row.dataset.face), sureness, row.dataset.look];
            })""")

    def choose(order):
        person.get_by_label("Order").select_option(order)
        return rows()

    numbered = rows()
    assert [number for number, _, _ in numbered] == list(range(1, 26))
    assert len({sureness for _, sureness, _ in numbered}) > 1
    assert choose("surest first") == sorted(numbered, key=lambda row: (-row[1], row[0]))
    assert choose("least sure first") == sorted(numbered, key=lambda row: (row[1], row[0]))
    looks = [look for _, _, look in choose("by how they appear")]
    assert [look for index, look in enumerate(looks) if look not in looks[:index]] == [
        chip.removeprefix("look-") for chip in person.locator(".chip input").evaluate_all("all => all.map(one => one.id)")[1:]]
    assert sum(looks[index] != looks[index + 1] for index in range(24)) == len(set(looks)) - 1
    # It stays where a form about a face opens.
    person.locator(".is-row summary").first.click()
    person.get_by_role("link", name=re.compile("^Correct")).first.click()
    expect(person.locator(".face-item form")).to_be_visible()
    assert [look for _, _, look in rows()] == looks
    assert choose("by number") == numbered


@pytest.mark.parametrize("size", [(1280, 800), (640, 400), (390, 844)], ids=["desktop", "zoomed", "phone"])
def test_no_label_covers_another_face_or_label(person, size):
    send(person, crowd(person))
    finished(person)
    person.set_viewport_size({"width": size[0], "height": size[1]})
    photo = person.locator(".stage img").bounding_box()
    assert photo["width"] >= min(size[0], 620)
    expect(person.locator(".overlay.is-placed")).to_be_visible()
    hidden = person.evaluate(
        """async () => {
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const faces = [...document.querySelectorAll(".overlay a.face")].map((face) => ({
                box: face.querySelector(".box").getBoundingClientRect(),
                label: face.querySelector(".tag").getBoundingClientRect(),
            }));
            const meet = (a, b) =>
                a.left + 2 < b.right && b.left + 2 < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
            return faces.flatMap(({ label }, index) => faces.filter((other, at) =>
                at !== index && (meet(label, other.box) || meet(label, other.label)))).length;
        }""")
    assert hidden == 0


@SCRIPTS
def test_faces_are_narrowed_to_a_look(open_page, scripts):
    maker = open_page()
    register(maker)
    photo = crowd(maker)
    page = open_page(scripts=scripts)
    register(page)
    send(page, photo)
    finished(page)
    chips = page.locator(".chip")
    assert chips.count() > 2
    for chip in chips.all():
        count = int(re.search(r"\d+", chip.inner_text())[0])
        chip.locator("input").check()
        expect(page.locator(".face-item:visible")).to_have_count(count)
    assert sum(int(re.search(r"\d+", chip.inner_text())[0]) for chip in chips.all()) == 2 * 25


@SCRIPTS
def test_one_goes_from_photo_to_photo(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    for title in ["First", "Second", "Third"]:
        send(page, SAMPLE, title=title)
        finished(page)
    heading = page.get_by_role("heading", level=1)
    expect(page.locator(".steps")).to_contain_text("1 of 3")
    expect(page.get_by_role("link", name="Newer photo")).to_have_count(0)
    page.get_by_role("link", name="Older photo").click()
    expect(heading).to_have_text("Second")
    expect(page.locator(".steps")).to_contain_text("2 of 3")
    if scripts:
        page.keyboard.press("ArrowRight")
        expect(heading).to_have_text("First")
        # Where somebody writes, the keys move the cursor.
        page.get_by_text("Edit", exact=True).click()
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_label("Title")).to_be_focused()
        page.get_by_role("link", name="Close").click()
        page.keyboard.press("ArrowLeft")
        expect(heading).to_have_text("Second")
    page.get_by_role("link", name="Newer photo").click()
    expect(heading).to_have_text("Third")


@SCRIPTS
def test_a_rejected_change_says_so_where_one_looks(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    send(page, SAMPLE, title="Before")
    finished(page)
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Tags").fill("x" * 60)
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page).to_have_title(re.compile("^Not saved: "))
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Tags")).to_be_focused()
    expect(page.get_by_label("Tags")).to_have_value("x" * 60)
    # The browser itself counts the 422 as an error.
    assert all("422" in error for error in open_page.failures)
    open_page.failures.clear()


@pytest.mark.parametrize("size", [(1280, 800), (1440, 1000), (390, 844)], ids=["desktop", "high", "phone"])
def test_a_photo_has_its_room_before_it_comes(person, size):
    send(person, SAMPLE)
    finished(person)
    person.set_viewport_size({"width": size[0], "height": size[1]})
    there = person.locator(".stage img").bounding_box()
    # It never comes; the page has its places all the same.
    person.route("**/clean.jpg", lambda route: None)
    person.goto(person.url, wait_until="domcontentloaded")
    expect(person.locator(".overlay.is-placed")).to_be_visible()
    assert person.locator(".stage img").bounding_box() == there


def test_the_picture_grows_with_its_boxes(person):
    send(person, SAMPLE)
    finished(person)
    box = person.locator(".overlay .box").first
    before = box.bounding_box()["width"]
    expect(person.get_by_role("button", name="Zoom out")).to_be_disabled()
    person.get_by_role("button", name="Zoom in").click()
    grown = box.bounding_box()["width"]
    assert 1.4 < grown / before < 1.6
    person.get_by_role("button", name="Zoom in").focus()
    person.keyboard.press("+")
    assert box.bounding_box()["width"] / before > 2
    person.get_by_role("button", name="Fit").click()
    assert abs(box.bounding_box()["width"] - before) < 1
    assert overflow(person) <= 0


@SCRIPTS
def test_the_information_is_changed_on_the_page(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    send(page, SAMPLE, title="Before")
    finished(page)
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Title").fill("After")
    page.get_by_label("Tags").fill("Family, Summer holiday")
    page.get_by_label("Taken at").fill("2020-05-04T10:20")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("After")
    expect(page.locator(".facts .tag")).to_have_text(["family", "summer holiday"])
    expect(page.get_by_text("2020-05-04 10:20")).to_be_visible()
    page.get_by_role("link", name="summer holiday").click()
    expect(page.locator(".card-title")).to_have_text(["After"])


@SCRIPTS
def test_what_is_written_outlives_the_log_in_or_one_is_told(open_page, scripts):
    page = open_page(scripts=scripts)
    email = register(page)
    send(page, SAMPLE, title="Before")
    finished(page)
    address = page.url
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Notes").fill("Long and good")
    page.context.clear_cookies()
    save = page.get_by_role("button", name="Save changes")
    save.click()
    if not scripts:
        expect(page.get_by_role("alert")).to_contain_text("You were logged out, so nothing was saved.")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        return expect(page).to_have_url(re.compile(f"^{re.escape(address)}($|\\?)"))
    expect(page.get_by_role("alert")).to_contain_text("You are logged out, so nothing was saved yet.")
    expect(page.get_by_label("Notes")).to_have_value("Long and good")
    assert Axe().run(page).violations_count == 0
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in on a page of its own").click()
    log_in(opened.value, email)
    expect(opened.value).to_have_url(re.compile("/home$"))
    opened.value.close()
    # A line that breaks costs nothing either, nor what else may come in the photo's place: another person's log-in, a WLAN's page.
    lost, elsewhere = "The site does not answer, so nothing was saved yet.", "This photo’s page does not come as usual"
    for answer, words in [
        (lambda route: route.abort(), lost), (lambda route: route.fulfill(status=503, body=""), lost),
        (lambda route: route.fulfill(status=404, content_type="text/html", body="<main id=main>Nothing</main>"), elsewhere),
        (lambda route: route.fulfill(content_type="text/html", body="Accept the conditions of this WLAN"), elsewhere),
    ]:
        page.route(address, answer)
        save.click()
        expect(page.get_by_role("alert")).to_contain_text(words)
        page.unroute(address)
    for answer in [lambda route: route.abort(), lambda route: route.fulfill(status=403, content_type="text/html", body="No")]:
        page.route("**/information", answer)
        save.click()
        expect(page.get_by_role("alert")).to_contain_text("The site did not answer as usual: it may be saved or not.")
        expect(page.get_by_label("Notes")).to_have_value("Long and good")
        page.unroute("**/information")
    # An answer that does not come is waited for only so long.
    page.route(address, lambda route: None)
    save.click()
    expect(page.get_by_role("alert")).to_contain_text(lost, timeout=25_000)
    page.get_by_label("Notes").fill("Long and better")
    page.unroute(address)
    save.click()
    expect(page.locator(".facts .prose")).to_have_text("Long and better")
    expect(page.locator("#edit")).to_be_hidden()
    assert page.url == address
    open_page.failures.clear()


@SCRIPTS
def test_the_page_shows_where_the_network_looked(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    send(page, SAMPLE)
    finished(page)
    page.get_by_text("Why?").first.click()
    figure = page.locator(".why figure").first
    expect(figure).to_be_visible()
    expect(figure).to_contain_text(re.compile("^Where the network looked for “[a-z]+”"))
    # The map is drawn by the site, for its owner alone, and laid over the face.
    address = figure.locator("img").get_attribute("src")
    answer = page.request.get(address)
    assert answer.status == 200 and answer.headers["content-type"] == "image/png" and len(answer.body()) > 500
    assert page.context.browser.new_context(base_url=page.url).request.get(address).status in (401, 404)


def test_the_large_picture_is_no_smaller_than_the_photo(person):
    send(person, SAMPLE)
    finished(person)
    drawn = saved_result(person, "Large picture").read_bytes()
    sizes = person.evaluate(
        """async (files) => Promise.all(files.map(async (bytes) => {
            const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            return [picture.width, picture.height];
        }))""",
        [list(drawn), list(SAMPLE.read_bytes())])
    # The sample is small: it is enlarged until its words can be read. Below it is the legend.
    (width, height), (own_width, own_height) = sizes
    assert width >= own_width and height / width > own_height / own_width


def test_json_pdf_and_page_say_the_same(person, url):
    send(person, SAMPLE, title="Первый свет")
    finished(person)
    faces = person.locator(".face-item").count()
    looks = person.locator(".face-look").all_text_contents()
    schema = person.request.get("/schemas/analysis-1.json").json()
    document = json.loads(saved_result(person, "JSON").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert [face["number"] for face in document["faces"]] == list(range(1, faces + 1))
    text = text_of(saved_result(person, "PDF")).replace("\u00a0", " ")
    assert "Первый свет" in text and "Page 1 of" in text
    for look in looks:
        words, percent = look.replace("\u00a0", " ").rsplit(", ", 1)
        assert percent in text and words.split(";")[0].capitalize().split(" ")[0] in text


def test_every_state_fits_the_schema(person):
    schema = person.request.get("/schemas/analysis-1.json").json()
    send(person, TRUNCATED)
    expect(person.locator(".failure h2")).to_be_visible(timeout=30_000)
    jsonschema.validate(person.request.get(person.url + ".json").json(), schema)
    broken = person.request.get(person.url + ".json").json() | {"status": "finished"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


@SCRIPTS
def test_a_failed_photo_is_tried_again(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    send(page, TRUNCATED)
    expect(page.locator(".failure h2")).to_be_visible(timeout=30_000)
    address = page.url
    assert page.request.get(address + ".json").json()["generation"] == 1
    # The file is what is wrong, so it is not the first thing that is offered.
    page.locator(".more").click()
    page.get_by_role("button", name="Try again").click()
    expect(page).to_have_url(address)
    expect(page.locator(".failure h2")).to_be_visible(timeout=30_000)
    assert page.request.get(address + ".json").json()["generation"] == 2


@SCREENS
@SCRIPTS
def test_photos_sent_together_are_shown_and_saved_together(open_page, viewport, scripts):
    page = open_page(viewport, scripts=scripts)
    register(page)
    send(page, *copies(3), title="Trip")
    expect(page).to_have_url(re.compile(r"/batches/[0-9a-f-]{36}$"))
    expect(page.locator("[data-live=progress]")).to_have_text("All 3 photos done", timeout=30_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Trip")
    expect(page.get_by_role("table", name="How the faces of all photos appear")).to_be_visible()
    assert overflow(page) <= 0
    names = zipfile.ZipFile(saved(page, "Save everything (ZIP)")).namelist()
    assert len([name for name in names if name.endswith("report.pdf")]) == 3
    assert len([name for name in names if name.endswith("analysis.json")]) == 3
    assert "analyses.csv" in names
    rows = list(csv.DictReader(io.StringIO(saved(page, "Save CSV").read_text("utf-8-sig"))))
    assert len({row["analysis"] for row in rows}) == 3
    assert all(row["title"] == "Trip" for row in rows)


@SCRIPTS
def test_the_history_is_searched_and_several_are_deleted(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    for title in ["Harbour at dawn", "Harbour at night", "Mountain"]:
        send(page, SAMPLE, title=title)
        finished(page)
    page.goto("/analyses")
    page.get_by_label("Search").fill("harb")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".card-title")).to_have_text(["Harbour at night", "Harbour at dawn"])
    expect(page.locator(".found")).to_have_text("2 found")
    page.get_by_label("State").select_option("failed")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.goto("/analyses?q=harb")
    page.get_by_label("Choose Harbour at dawn").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save CSV").click()
    assert "Harbour at dawn" in download.value.path().read_text("utf-8-sig")
    page.get_by_label("Choose Harbour at night").check()
    page.locator(".selection-bar summary", has_text="Delete").click()
    expect(page.locator("[data-question]")).to_have_text("Delete 2 photos" if scripts else "Delete the chosen photos")
    page.get_by_role("button", name="Yes, delete").click()
    expect(page.get_by_text("2 photos deleted.")).to_be_visible()
    page.goto("/analyses")
    expect(page.locator(".card-title")).to_have_text(["Mountain"])


def test_several_are_chosen_at_once(person):
    send(person, *copies(4))
    expect(person.locator(".card img")).to_have_count(4, timeout=30_000)
    person.goto("/analyses")
    bar = person.locator(".selection-bar")
    expect(bar).to_be_hidden()
    boxes = person.locator(".choose input")
    boxes.nth(0).click()
    expect(bar).to_be_visible()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(person.locator("[data-chosen]")).to_have_text("3 chosen")


@SCRIPTS
def test_the_note_on_responsible_use_is_asked_for_once(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    page.goto("/analyses/new")
    page.locator("#photo").set_input_files(str(SAMPLE))
    page.get_by_role("button", name="Analyse").click()
    expect(page).to_have_url(re.compile("/analyses/new$"))
    acknowledge(page)
    page.get_by_role("button", name="Analyse").click()
    finished(page)
    page.goto("/analyses/new")
    expect(page.locator("input[name=acknowledged]")).to_have_count(0)


def test_a_photo_is_taken_with_the_camera(browser, url):
    # Chromium's own made-up camera.
    other = browser.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"])
    try:
        context = other.new_context(base_url=url, permissions=["camera"])
        page = context.new_page()
        register(page)
        page.goto("/analyses/new")
        page.get_by_role("button", name="Take a photo").click()
        page.get_by_role("button", name="Take it").click()
        expect(page.locator(".preview", has_text="camera-")).to_be_visible()
    finally:
        other.close()


def test_a_result_is_shown_soon_after_it_is_there(person):
    send(person, SAMPLE)
    finished(person)
    # Whatever the machine: the page was told, it did not have to ask again after a pause.
    asked = person.evaluate(
        "performance.getEntriesByType('resource').filter((entry) => entry.name.includes('.json')).length")
    assert asked <= 5


def test_a_hidden_page_asks_nothing(person):
    person.goto("/analyses")
    # The server never answers: only hiding the page ends the request.
    person.route("**/*.json?wait=*", lambda route: None)
    show = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with person.expect_request("**/*.json?wait=*"):
        person.evaluate("void live.follow('/analyses/x.json', { changed: () => {}, gone: () => {} })")
    with person.expect_event("requestfailed"):
        person.evaluate(show, True)
    with person.expect_request("**/*.json?wait=*"):
        person.evaluate(show, False)
