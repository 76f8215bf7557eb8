#!/usr/bin/env python3
"""A client for Mien's API, of Python's standard library alone. Copy it into your program, or run it:

    MIEN_TOKEN=mien_… python3 mien.py https://mien.example.org photo.jpg another.png

From a program:

    from mien import Mien
    mien = Mien("https://mien.example.org", token)
    for result in mien.analyse(["a.jpg", "b.jpg"], tags=["summer"]):
        print(result["file"]["name"], result["status"], [face["emotion"] for face in result["faces"]])

What is sent is done once, however often the connection is lost: every photo goes with an Idempotency-Key of its own, and
is sent again until it is answered or `patience` is over. The exit code is 0 when every photo has a result, 2 for a call that
is wrong, 1 for everything else.
"""

import http.client
import json
import os
import socket
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


class MienError(Exception):
    """An answer that trying again would not change, or that did not come in time."""

    def __init__(self, status, problem):
        self.status = status
        self.sent = []
        # An earlier try may have been heard, though no answer to it came.
        self.may_be_done = False
        self.code = problem.get("code", "")
        self.errors = problem.get("errors", {})
        detail = problem.get("detail", "")
        named = "; ".join(f"{name}: {what}" for name, what in self.errors.items() if what not in detail)
        super().__init__(" ".join(filter(None, [problem.get("title", "") + ".", detail, named])))


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A photo that is sent on to another address would arrive there as a question, and the token with it."""

    def redirect_request(self, *_):
        return None


class Mien:
    """A site and a token. `patience` is how many seconds a request is tried for while the site cannot be reached."""

    def __init__(self, site, token, patience=120.0):
        address = urllib.parse.urlsplit(site)
        if address.scheme not in ("http", "https") or not address.hostname or not self._has_port(address):
            raise MienError(0, {"title": f"“{site}” is no address such as https://mien.example.org"})
        self.base = site.rstrip("/") + "/api/v1"
        self.opener = urllib.request.build_opener(NoRedirects)
        self.token = token.strip()
        if not (self.token.isascii() and self.token.isprintable()):
            raise MienError(0, {"title": "The token has characters that no token of Mien's has"})
        self.patience = patience

    def analyse(self, photos, **information):
        """Sends photos and yields their results as they are asked for, in the order of the photos.

        A photo is a path, or a pair of a name and bytes; `information` is title, subject, notes, tags, taken_at, lane or
        batch. One that is refused is yielded with the status "refused". When the site stays away, MienError.sent has what
        was sent until then: it is analysed all the same.
        """
        all_sent = []
        try:
            for photo in photos:
                all_sent.append(self.send(photo, **information))
        except MienError as error:
            error.sent = all_sent
            raise
        for sent in all_sent:
            yield sent if sent["status"] == "refused" else self.result(sent["id"])

    def send(self, photo, key=None, **information):
        """Sends one photo; returns its analysis, or {"status": "refused", "error": …} with what is wrong with the file."""
        try:
            name, data = self._photo(photo)
        except OSError as error:
            name = os.path.basename(os.fspath(photo))
            return {"status": "refused", "file": {"name": name}, "faces": [], "error": str(error)}
        boundary = uuid.uuid4().hex
        parts = []
        for field, value in information.items():
            if value is None:
                continue
            text = ",".join(value) if isinstance(value, (list, tuple)) else str(value)
            parts.append(self._part(boundary, f'name="{field}"', self._bytes(text)))
        quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        parts.append(self._part(boundary, f'name="photo"; filename="{quoted}"', data))
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Idempotency-Key": key or str(uuid.uuid4()),
        }
        try:
            answer = self.request("POST", "/analyses", body, headers)
        except MienError as error:
            # What is wrong with this one photo is no reason to give up the others.
            if error.status in (413, 415) or (error.status == 422 and "photos[0]" in error.errors):
                return {"status": "refused", "file": {"name": name}, "faces": [], "error": str(error)}
            raise
        if not answer["analyses"]:
            raise MienError(404, {"title": f"{name} was sent before, and its analysis has been deleted since"})
        return answer["analyses"][0]

    def result(self, id):
        """Waits until an analysis has ended, however long that takes, and returns it."""
        while True:
            analysis = self.request("GET", f"/analyses/{id}?wait=25")
            if analysis["status"] in ("finished", "failed", "cancelled"):
                return analysis

    def analyses(self, **filters):
        """Yields analyses, newest first; filters are q, emotion, state, tag, from, until, order and in_bin ("true")."""
        cursor = None
        while True:
            query = dict(filters, limit=100, **({"cursor": cursor} if cursor else {}))
            page = self.request("GET", "/analyses?" + urllib.parse.urlencode(query))
            yield from page["analyses"]
            cursor = page["next"]
            if cursor is None:
                return

    def make_batch(self, title=""):
        """Makes a batch, whose id `send` takes as `batch`."""
        body = json.dumps({"title": title}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        return self.request("POST", "/batches", body, headers)

    def batch(self, id):
        """A batch with its photos and how far they are."""
        return self.request("GET", f"/batches/{id}")

    def cancel(self, id):
        """Cancels an analysis that has not ended."""
        return self.request("POST", f"/analyses/{id}/cancel")

    def correct(self, id, face, look, may_train=False):
        """Says how a face appears: a class, "cannot_tell" or "not_a_face"; None takes back what was said."""
        path = f"/analyses/{id}/faces/{face}/correction"
        if look is None:
            return self.request("DELETE", path)
        body = json.dumps({"look": look, "may_train": may_train}).encode()
        return self.request("PUT", path, body, {"Content-Type": "application/json"})

    def mark(self, id, x, y, width, height, look, may_train=False):
        """Marks a face that the model missed, in pixels of the photo.

        A second time would be a second mark: where it `may_be_done`, MienError says so, and nothing is sent again.
        """
        box = {"x": x, "y": y, "width": width, "height": height}
        body = json.dumps({"box": box, "look": look, "may_train": may_train}).encode()
        return self.request("POST", f"/analyses/{id}/faces", body, {"Content-Type": "application/json"}, once=True)

    def delete(self, id, permanent=False):
        """Deletes an analysis with its photo and pictures: into the bin, or for good."""
        try:
            self.request("DELETE", f"/analyses/{id}" + ("?permanent=true" if permanent else ""))
        except MienError as error:
            if error.status != 404 or not error.may_be_done:
                raise

    def restore(self, id):
        """Takes an analysis out of the bin."""
        return self.request("POST", f"/analyses/{id}/restore")

    def picture(self, id, kind="annotated"):
        """The bytes of a picture: photo, clean, annotated or thumbnail; or of the report."""
        return self.request("GET", f"/analyses/{id}/{kind}", raw=True)

    def request(self, method, path, body=None, headers=None, raw=False, once=False):
        """One call of the API, tried again while the site is away or busy. Returns the JSON, or the bytes if `raw`.

        `once`: it is not tried again when the site may have done it, and the answer was lost.
        """
        end = time.monotonic() + self.patience
        pause = 0.5
        may_be_done = False
        while True:
            request = urllib.request.Request(self.base + path, data=body, method=method, headers=dict(headers or {}))
            request.add_header("Authorization", f"Bearer {self.token}")
            try:
                with self.opener.open(request, timeout=60) as answer:
                    data = answer.read()
                return data if raw else self._json(data)
            except urllib.error.HTTPError as error:
                problem = self._problem(error)
                retry_after = error.headers.get("Retry-After", "")
                is_temporary = error.code in (408, 429, 502, 503, 504) or problem.get("code") == "idempotency_key_in_work"
                # These two are a proxy's, which may have handed it on.
                may_be_done = may_be_done or error.code in (502, 504)
                if not is_temporary or time.monotonic() > end or (once and may_be_done):
                    raise self._failure(error.code, problem, may_be_done) from None
                wait = float(retry_after) if retry_after.isdigit() else pause
            except (OSError, http.client.HTTPException) as error:
                reason = getattr(error, "reason", None)
                is_untrusted = isinstance(reason, ssl.SSLCertVerificationError)
                may_be_done = may_be_done or not isinstance(reason, (ConnectionRefusedError, socket.gaierror))
                if is_untrusted or time.monotonic() > end or (once and may_be_done):
                    problem = {"title": f"{self.base} does not answer", "detail": str(error)}
                    raise self._failure(0, problem, may_be_done) from None
                wait = pause
            time.sleep(min(wait, max(0.0, end - time.monotonic()) + 0.1))
            pause = min(pause * 2, 10)

    def _json(self, data):
        try:
            return json.loads(data or b"null")
        except ValueError:
            raise MienError(0, {"title": f"What answers at {self.base} is not Mien"}) from None

    @staticmethod
    def _failure(status, problem, may_be_done):
        error = MienError(status, problem)
        error.may_be_done = may_be_done
        return error

    @staticmethod
    def _has_port(address):
        try:
            return address.port != 0
        except ValueError:
            return False

    @staticmethod
    def _photo(photo):
        if isinstance(photo, (tuple, list)):
            return photo
        with open(photo, "rb") as file:
            return os.path.basename(os.fspath(photo)), file.read()

    @staticmethod
    def _part(boundary, disposition, data):
        head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
        return Mien._bytes(head) + data + b"\r\n"

    @staticmethod
    def _bytes(text):
        # Names of files need not be text: what is none is sent as a question mark.
        return text.encode(errors="replace")

    @staticmethod
    def _problem(error):
        if 300 <= error.code < 400:
            return {"title": f"The site is at another address: {error.headers.get('Location')}"}
        try:
            problem = json.loads(error.read())
        except (ValueError, OSError, http.client.HTTPException):
            problem = None
        return problem if isinstance(problem, dict) else {"title": f"The site answered {error.code}"}


def main(arguments):
    token = os.environ.get("MIEN_TOKEN")
    if len(arguments) < 2 or not token:
        print("Usage: MIEN_TOKEN=mien_… mien.py SITE PHOTO…", file=sys.stderr)
        sys.exit(2)
    try:
        mien = Mien(arguments[0], token)
    except MienError as error:
        print(f"mien.py: {error}", file=sys.stderr)
        sys.exit(2)
    is_whole = True
    try:
        for result in mien.analyse(arguments[1:]):
            print(json.dumps(result), flush=True)
            is_whole = is_whole and result["status"] == "finished"
    except (MienError, OSError) as error:
        # They are analysed all the same: these lines have their ids.
        for sent in getattr(error, "sent", []):
            print(json.dumps(sent), flush=True)
        sys.exit(f"mien.py: {error}")
    sys.exit(0 if is_whole else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
