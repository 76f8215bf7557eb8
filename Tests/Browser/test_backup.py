"""Deploy/backup and Deploy/restore, with the instance that Deploy/test runs."""

import os
import subprocess

import pytest
from conftest import ROOT, register
from playwright.sync_api import expect


@pytest.fixture(autouse=True)
def instance():
    assert os.environ.get("MIEN_VAR"), "MIEN_VAR is not set: Deploy/test says which instance may be replaced."


def deploy(command, *arguments, check=True):
    return subprocess.run(
        [ROOT / "Deploy" / command, *arguments],
        # What was built is what is started again.
        env=os.environ | {"MIEN_BIN": str(ROOT / ".build/release")},
        check=check, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL)


def test_a_restore_brings_back_what_was_there_and_nothing_later(open_page, tmp_path):
    before, after = open_page(), open_page()
    register(before)
    backup = tmp_path / "mien.backup"
    deploy("backup", str(backup))
    assert backup.stat().st_mode & 0o077 == 0
    register(after)

    refused = deploy("restore", str(backup), check=False)
    assert refused.returncode != 0 and "confirm with --yes" in refused.stderr
    deploy("restore", "--yes", str(backup))
    deploy("local", "up")

    # The session is in the backup as the account is; who came after it is a stranger.
    before.goto("/home")
    expect(before).to_have_url("/home")
    after.goto("/home")
    expect(after.get_by_role("button", name="Log in")).to_be_visible()


def test_a_backup_that_was_cut_short_changes_nothing(open_page, tmp_path):
    page = open_page()
    register(page)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    deploy("backup", str(whole))
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    failed = deploy("restore", "--yes", str(cut), check=False)
    assert failed.returncode != 0 and "nothing was changed" in failed.stderr
    page.goto("/home")
    expect(page).to_have_url("/home")
    again = deploy("backup", str(whole), check=False)
    assert again.returncode != 0 and "exists already" in again.stderr
