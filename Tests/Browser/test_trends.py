"""Looks over time: what is chosen, what is said, where a bar leads, and that it can be read without colour and script."""

import csv
import datetime
import re

import pytest
from conftest import DESKTOP, PHONE, SAMPLE, acknowledge, finished, overflow, register
from playwright.sync_api import expect
from rules import violations

SCREENS = pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])


def taken(page, day, tags):
    """Sends the sample as a photo of that day."""
    page.goto("/analyses/new")
    page.locator("#photo").set_input_files(str(SAMPLE))
    page.get_by_text("Add a title").click()
    page.get_by_label("Tags").fill(tags)
    page.get_by_label("Taken at").fill(f"{day}T10:00")
    acknowledge(page)
    page.get_by_role("button", name=re.compile("^Analyse")).click()
    finished(page)


def past(days):
    return (datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=days)).isoformat()


@SCRIPTS
def test_a_tag_over_time_beside_another(open_page, scripts):
    page = open_page(scripts=scripts)
    register(page)
    page.goto("/trends")
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    assert violations(page) == []
    for days, tags in [(1, "lake"), (16, "lake, boat"), (40, "boat")]:
        taken(page, past(days), tags)

    page.goto("/home")
    page.locator("section.looks").get_by_role("link", name="lake").click()
    expect(page.locator(".trend-sentence")).to_have_text(re.compile("^Happy in 2 of 2 faces: too few"))
    page.get_by_label("Beside it").select_option("boat")
    page.get_by_label("One bar for each").select_option("Month")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("of=tag%3Alake.*with=tag%3Aboat.*step=month"))
    expect(page.locator(".trend-chart")).to_have_count(2)
    # The same axes, so that the two can be compared.
    ticks = page.locator(".axis").evaluate_all("all => all.map(one => one.textContent)")
    assert ticks[0] == ticks[1]
    expect(page.get_by_text("3 photos")).to_have_count(0)
    expect(page.get_by_text("2 photos count by the day on which they were taken.")).to_have_count(2)

    page.get_by_role("link", name=re.compile("^Happy")).click()
    expect(page.get_by_role("link", name=re.compile("^Happy"))).to_have_attribute("aria-current", "true")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save these numbers as CSV").click()
    rows = list(csv.DictReader(open(download.value.path(), encoding="utf-8-sig", newline="")))
    assert sum(int(row["happy"]) for row in rows if row["of"] == "tag:boat") == 2

    boat = page.locator("section.sheet").nth(1)
    boat.get_by_text("As a table").click()
    months = boat.locator("tbody tr").filter(has_text=re.compile("100"))
    are_several = months.count() > 1  # asked before the link leads away from them
    months.last.get_by_role("link").click()
    expect(page.locator(".card")).to_have_count(1 if are_several else 2)


def test_pointing_at_a_bar_leads_to_its_photos(person):
    taken(person, past(1), "lake")
    taken(person, past(20), "lake")
    person.goto("/trends?period=30d&show=count")
    bars = person.locator(".bar:has(rect)")
    expect(bars).to_have_count(2)
    box = bars.last.locator("rect").first.bounding_box()
    person.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(person).to_have_url(re.compile(f"/analyses.*from={past(1)}"))
    expect(person.locator(".card")).to_have_count(1)
    # A day without photos is a gap that can be pointed at as well.
    person.go_back()
    assert person.locator(".trend-chart g").count() == 30


@SCHEMES
@SCREENS
def test_it_is_accessible_and_nothing_lies_beside_the_window(open_page, viewport, scheme):
    page = open_page(viewport, scheme)
    register(page)
    taken(page, past(1), "lake")
    taken(page, past(20), "lake, " + "boat" * 9)
    for address in ["/home", "/trends", "/trends?of=tag:lake&with=all&show=count", "/trends?look=sad", "/trends?of=tag:none"]:
        page.goto(address)
        for table in page.get_by_text("As a table").all():
            table.click()
        assert violations(page) == [], address
        assert overflow(page) <= 0, address


def test_looks_are_told_apart_without_colour(person):
    taken(person, past(1), "lake")
    person.emulate_media(forced_colors="active")
    person.goto("/trends?period=30d")
    marks = person.locator(".trend-textures pattern").evaluate_all(
        """all => all.map(one => [...one.children].map(child => {
            const style = getComputedStyle(child);
            return child.outerHTML.replace(/class="[^"]*"/, "") + style.fill + style.stroke;
        }).join())""")
    assert len(set(marks)) == 8, marks
    # The word stands beside the part.
    expect(person.locator(".ends text")).to_have_text(["happy"])
