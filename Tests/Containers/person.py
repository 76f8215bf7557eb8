"""Somebody who uses the site with a browser."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from commands import ROOT, eventually
from installation import Installation

FACE = ROOT / "Tests/Fixtures/astronaut.jpg"
NO_FACE = ROOT / "Tests/Fixtures/pictures/halves.jpg"
PASSWORD = "correct horse battery staple"
PHOTOS_OF_A_FORM = 20


class Person:
    """Keeps cookies, sends forms as the pages have them, and follows no redirect by itself."""

    def __init__(self, base: str, email: str = "person@example.org", authority: Path | None = None):
        self.base = base
        self.email = email
        self.browser = requests.Session()
        # No proxy of this host's, and no other authority than the one that is named.
        self.browser.trust_env = False
        self.browser.verify = str(authority) if authority else True

    def ask(self, method: str, path: str, **options) -> requests.Response:
        try:
            return self.browser.request(method, self.base + path, timeout=30, allow_redirects=False, **options)
        except requests.RequestException as error:
            raise AssertionError(f"{method} {path}: {error}") from error

    def get(self, path: str, **options) -> requests.Response:
        answer = self.ask("GET", path, **options)
        assert answer.status_code < 400, f"{path}: {answer.status_code}\n{answer.text[:1000]}"
        return answer

    def post(self, path: str, fields: dict[str, str], page: str | None = None, **options) -> requests.Response:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page or path).text)
        assert found, f"{page or path} has no form"
        answer = self.ask("POST", path, data={"csrf_token": found[1], **fields}, **options)
        assert answer.status_code == 303, f"{path}: {answer.status_code}\n{answer.text[:2000]}"
        return answer

    def register(self) -> None:
        self.post("/register", {"name": "Test Person", "email": self.email, "password": PASSWORD})

    def log_in(self, **options) -> None:
        self.browser.cookies.clear()
        self.post("/login", {"email": self.email, "password": PASSWORD}, **options)

    # MARK: Photos

    def send(self, *photos: Path, title: str = "Containers") -> str:
        """The path of the page that the site shows then."""
        files = [("photo", (photo.name, photo.read_bytes(), "image/jpeg")) for photo in photos]
        fields = {"title": title, "subject": "", "notes": ""}
        answer = self.post("/analyses", fields, page="/analyses/new", files=files)
        return answer.headers["Location"].removeprefix(self.base)

    def result(self, path: str, seconds: float = 60) -> dict:
        """What came out, when it has."""

        def ended() -> dict:
            analysis = self.get(f"{path}.json").json()
            assert analysis["status"] in ("finished", "failed", "cancelled"), analysis
            return analysis

        return eventually(ended, seconds, pause=0.3)

    def finds(self, photo: Path) -> dict:
        return self.result(self.send(photo))

    def sends_many(self, installation: Installation, forms: int) -> "Load":
        """Forms of several photos, which go the bulk way."""
        title = f"Load of {time.time_ns()}"
        for _ in range(forms):
            self.send(*[FACE] * PHOTOS_OF_A_FORM, title=title)
        return Load(installation, title, forms * PHOTOS_OF_A_FORM)


def shows_a_face(result: dict) -> None:
    assert result["status"] == "finished" and result["faces"], result
    assert sum(result["faces"][0]["probabilities"].values()) > 0.99, result


@dataclass
class Load:
    """Photos on their way."""

    installation: Installation
    title: str
    photos: int

    def open(self) -> int:
        """How many have not ended."""
        statement = f"SELECT count(*) FROM analyses WHERE title = '{self.title}' AND status IN ('queued', 'processing')"
        return int(self.installation.sql(statement))

    def ends_well(self, seconds: float = 240) -> None:
        """Every photo ends, in the state that it should, and the person's count agrees with the table."""
        sql = self.installation.sql

        def all_end() -> None:
            assert self.open() == 0

        eventually(all_end, seconds)
        finished = sql(f"SELECT count(*) FROM analyses WHERE title = '{self.title}' AND status = 'finished'")
        assert int(finished) == self.photos
        counted = sql("SELECT sum(finished_count) FROM users")
        assert counted == sql("SELECT count(*) FROM analyses WHERE status = 'finished'")
