"""The API against its own description, on a running installation: MIEN_URL says where, MIEN_TOKEN is an administrator's token
with the scopes analyses:read, analyses:write, webhooks, account and admin:read."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
URL = os.environ.get("MIEN_URL", "").rstrip("/")
TOKEN = os.environ.get("MIEN_TOKEN", "")
assert URL and TOKEN, "MIEN_URL and MIEN_TOKEN are not set: start the product (Deploy/local up) and make a token."


def call(path):
    request = urllib.request.Request(URL + "/api/v1" + path, headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_every_operation_keeps_to_its_description(tmp_path):
    """All checks, with data as described and otherwise: no status, body or header that the document does not name."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file", str(Path(__file__).with_name("schemathesis.toml")), "run", f"{URL}/api/v1/openapi.json",
        "--header", f"Authorization: Bearer {TOKEN}", "--max-examples", "40", "--workers", "2",
        # The same requests in every run; without it, to look further.
        "--seed", "1",
        # SwiftNIO's parser answers 400 to methods that it does not know, such as QUERY, before any route is asked.
        "--exclude-checks", "unsupported_method",
        # It would end the token of this very run; Tests/GatewayCoreTests has it.
        "--exclude-operation-id", "endToken",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=900,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(Path(__file__).parent)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Tested: 45" in done.stdout, done.stdout


@pytest.fixture
def examples(tmp_path):
    """The page's examples with this site's address and token, in a folder with the photo that they name."""
    shutil.copy(ROOT / "Tests/Fixtures/astronaut.jpg", tmp_path / "holiday.jpg")
    found = {
        example["language"]: example["code"].replace("{SITE}", URL).replace("mien_…", TOKEN)
        for example in call("/openapi.json")["x-examples"]
    }
    return tmp_path, found


def test_the_example_for_curl_works_when_pasted(examples):
    folder, found = examples
    done = subprocess.run(["bash", "-euc", found["curl"]], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    sent, listed = done.stdout.split("}{", 1)
    assert json.loads(sent + "}")["analyses"][0]["title"] == "On the beach"
    assert len(json.loads("{" + listed)["analyses"]) >= 1


def test_the_example_for_python_works_when_pasted(examples):
    folder, found = examples
    done = subprocess.run(
        [sys.executable, "-c", found["Python"]], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "happy" in done.stdout


def test_the_examples_in_other_languages_name_the_same_call(examples):
    _, found = examples
    for language in ("JavaScript", "Swift"):
        assert "/api/v1/analyses" in found[language] and TOKEN in found[language]
