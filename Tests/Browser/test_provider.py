"""Logging in by a provider, in a real browser: its Content-Security-Policy and its cookies have a say."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import DESKTOP, PHONE, PASSWORD, ROOT, finished, overflow, register
from playwright.sync_api import expect
from test_sending import PHOTO, choose, line  # noqa: F401


class Provider:
    """oidc-provider-mock as a process, where the product looks for it."""

    def __init__(self, issuer, url):
        self.issuer = issuer
        self.command = [
            os.environ["MIEN_OIDC_PYTHON"], str(ROOT / "Tests/Fixtures/oidc_provider.py"), "--port",
            issuer.rsplit(":", 1)[1], "--secret", "geheim", "--redirect", f"{url}/login/openid/callback"]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                return urllib.request.urlopen(f"{self.issuer}/.well-known/openid-configuration").close()
            except urllib.error.URLError:
                assert self.process.poll() is None, "the provider has ended"
                time.sleep(0.1)
        raise AssertionError("the provider does not answer")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def know(self, subject, **claims):
        request = urllib.request.Request(
            f"{self.issuer}/users/{subject}", json.dumps(claims).encode(), {"Content-Type": "application/json"},
            method="PUT")
        urllib.request.urlopen(request).close()


@pytest.fixture(scope="module")
def provider(url):
    issuer = os.environ.get("MIEN_OIDC_ISSUER")
    assert issuer, "MIEN_OIDC_ISSUER is not set: start the product with a provider, as Deploy/test does."
    provider = Provider(issuer, url)
    yield provider
    provider.stop()


@pytest.fixture
def person_there(provider):
    """Somebody whom the provider knows, with an address of their own."""
    name = f"ada{time.time_ns()}"
    provider.know(name, email=f"{name}@example.org", name="Ada Lovelace")
    return name


def visit(open_page, **options):
    """A page that loads nothing from elsewhere: the provider's takes its style from another host."""
    page = open_page(**options)
    page.route(re.compile(r"^https://"), lambda route: route.fulfill(status=200, content_type="text/css", body=""))
    page.route(re.compile(r"/favicon\.ico$"), lambda route: route.fulfill(status=204))
    return page


def show(page, subject):
    """At the provider."""
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_comes_in_and_gets_where_they_wanted(open_page, provider, person_there, scripts):
    page = visit(open_page, scripts=scripts)
    page.goto("/trends")
    expect(page).to_have_url(re.compile("/login"))
    page.get_by_role("link", name="Continue with Keyring").click()
    show(page, person_there)
    expect(page).to_have_url(re.compile("/trends$"))
    page.goto("/account")
    expect(page.get_by_label("E-mail address")).to_have_value(f"{person_there}@example.org")
    page.goto("/account/security")
    expect(page.get_by_text("you log in with Keyring")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_account_is_connected_and_disconnected(open_page, provider, person_there, scripts):
    page = visit(open_page, scripts=scripts)
    register(page)
    page.goto("/account/security")
    # A form: a redirect to the provider would be held to form-action.
    page.get_by_role("button", name="Connect with Keyring").click()
    show(page, person_there)
    expect(page.get_by_role("heading", name="Your account is connected")).to_be_visible()
    page.get_by_role("link", name="To your account").click()
    page.get_by_text("Disconnect …").click()
    page.get_by_role("button", name="Disconnect from Keyring").click()
    expect(page.get_by_text("Your account is disconnected.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_pages_are_readable_for_everybody(open_page, provider, person_there, viewport, scheme):
    page = visit(open_page, viewport=viewport, scheme=scheme)
    for path in ["/login", "/register"]:
        page.goto(path)
        assert Axe().run(page).violations_count == 0
        assert overflow(page) == 0
    page.get_by_role("link", name="Continue with Keyring").click()
    show(page, person_there)
    page.goto("/account/security")
    assert Axe().run(page).violations_count == 0
    assert overflow(page) == 0


def test_who_is_refused_learns_why_and_goes_on(open_page, provider, person_there):
    page = visit(open_page)
    email = register(page)
    provider.know(person_there, email=email, name="Somebody else")
    other = visit(open_page)
    other.goto("/login")
    other.get_by_role("link", name="Continue with Keyring").click()
    show(other, person_there)
    expect(other.get_by_role("heading", name="There is an account with your address")).to_be_visible()
    assert Axe().run(other).violations_count == 0
    other.get_by_role("link", name="Log in with the password").click()
    other.get_by_label("E-mail address").fill(email)
    other.locator("#password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    expect(other).to_have_url(re.compile("/account/security$"))
    other.context.clear_cookies()
    other.goto("/login")
    other.get_by_role("link", name="Continue with Keyring").click()
    other.get_by_role("button", name="Deny").click()
    expect(other.get_by_role("heading", name="Keyring did not let you in")).to_be_visible()
    # The answers' status is one that the console tells of.
    open_page.failures[:] = [error for error in open_page.failures if "status of 40" not in error]


def without_passwords(page):
    """The site's pages as they are where nobody logs in with a password, as far as the page for new photos sees it."""

    def answer(route):
        response = route.fetch()
        html = response.text()
        for form in ['id="login-form"', 'class="sheet" method="post" action="/login"']:
            html = re.sub(f"<form {form}.*?</form>", "<button data-login-cancel>Not now</button>", html, flags=re.DOTALL)
        route.fulfill(response=response, body=html)

    page.route(re.compile(r"/(login|analyses/new)(\?.*)?$"), answer)


@pytest.mark.parametrize("breaks", [False, True], ids=["answered", "broken"])
def test_photos_outlive_a_log_in_that_ended_where_nobody_has_a_password(open_page, line, provider, person_there, breaks):
    page = visit(open_page, at=line.url)
    page.context.route(re.compile(r"^https://"), lambda route: route.fulfill(status=200, content_type="text/css", body=""))
    page.goto("/login")
    page.get_by_role("link", name="Continue with Keyring").click()
    show(page, person_there)
    expect(page).to_have_url(re.compile("/home$"))
    without_passwords(page)
    page.goto("/analyses/new")
    choose(page, [PHOTO])
    line.cut(breaks)
    if not breaks:
        page.context.clear_cookies()
    page.get_by_role("button", name="Analyse").click()
    if breaks:
        expect(page.locator("#status")).to_contain_text("The connection is lost.")
        page.context.clear_cookies()
        line.cut(False)
    dialog = page.get_by_role("dialog", name="You are logged out")
    way = dialog.get_by_role("link", name="Continue with Keyring")
    expect(way).to_be_focused()
    expect(dialog.get_by_label("Password")).to_have_count(0)
    with page.context.expect_page() as opened:
        way.click()
    show(opened.value, person_there)
    expect(opened.value).to_have_url(re.compile("/home$"))
    opened.value.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    finished(page)
    open_page.failures.clear()


def test_a_provider_that_dies_half_way_loses_nothing(open_page, provider, person_there):
    page = visit(open_page)
    page.goto("/login")
    page.get_by_role("link", name="Continue with Keyring").click()
    answer = page.request.post(page.url, form={"sub": person_there}, max_redirects=0)
    provider.stop()
    page.goto(answer.headers["location"])
    expect(page.get_by_role("heading", name="Keyring does not answer")).to_be_visible()
    provider.start()
    provider.know(person_there, email=f"{person_there}@example.org", name="Ada Lovelace")
    page.get_by_role("link", name="Back to the log-in").click()
    page.get_by_role("link", name="Continue with Keyring").click()
    show(page, person_there)
    expect(page).to_have_url(re.compile("/home$"))
    open_page.failures[:] = [error for error in open_page.failures if "status of 503" not in error]
