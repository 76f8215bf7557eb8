"""What counts as a fault of the site, in all tests of pages."""

from conftest import Console


def test_an_exception_of_a_script_is_no_answer_that_failed(browser, url):
    context, console = browser.new_context(base_url=url), Console()
    page = context.new_page()
    console.follow(page)
    page.goto("/login")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('lost'); })")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { Promise.reject(new Error('forgotten')); })")
    # The site's rule for scripts and pictures.
    with page.expect_event("console"):
        page.evaluate("void (new Image().src = 'https://elsewhere.example/a.png')")
    with page.expect_event("console"):
        page.evaluate("fetch('/nowhere').then(() => {})")
    context.close()
    assert [error.rsplit(": ", 1)[1] for error in console.errors[:2]] == ["lost", "forgotten"]
    assert len(console.errors) == 3 and "Content Security Policy" in console.errors[2]
    assert len(console.failures) == 1 and "404" in console.failures[0]


def test_pages_beside_the_first_are_followed_too(open_page):
    page = open_page()
    beside = page.context.new_page()
    beside.goto("/login")
    with beside.expect_event("console"):
        beside.evaluate("void fetch('/nowhere')")
    page.goto("/login")
    with page.context.expect_page() as opened:
        page.evaluate("void open('/login')")
    opened.value.wait_for_url("**/login")
    with opened.value.expect_event("console"):
        opened.value.evaluate("void fetch('/nowhere')")
    assert len(open_page.failures) == 2
    open_page.failures.clear()
