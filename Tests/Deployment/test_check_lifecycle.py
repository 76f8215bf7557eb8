"""Deploy/lib/check-lifecycle: whoever else writes an analysis's status is named; readers are not."""

import pathlib
import subprocess

import pytest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "Deploy/lib/check-lifecycle"


def check(folder, text):
    file = folder / "Sources" / "Other.swift"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    return subprocess.run([CHECK, folder], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "text",
    [
        "\"UPDATE analyses SET status = 'failed' WHERE id = 1\"",
        '"""\nWITH x AS (\n  update analyses a\n  SET title = (SELECT t FROM y WHERE z), status = \'queued\' FROM x)\n"""',
        '"UPDATE analyses SET finished_at = now(), attempts=0"',
        "\"UPDATE public.analyses AS a SET\n generation = 2 WHERE status = 'failed'\"",
        '"INSERT INTO analyses (id) VALUES (1)"',
        "\"INSERT INTO outbox (analysis_id, kind) VALUES (1, 'job')\"",
        '"UPDATE users SET failed_count = failed_count + 1"',
    ],
)
def test_a_writer_is_named(tmp_path, text):
    answer = check(tmp_path, f"\n\n{text}\n")
    assert answer.returncode == 1
    assert answer.stderr.startswith("Sources/Other.swift:")


@pytest.mark.parametrize(
    "text",
    [
        "\"SELECT id FROM analyses WHERE status = 'failed' AND binned_at IS NULL\"",
        '/// "SELECT title FROM analyses"\n',
        '// Open ones are never in the bin.\n"SELECT id FROM analyses"',
        "\"UPDATE analyses SET dismissed_at = now() WHERE status = 'failed'\"",
        "\"UPDATE analyses SET title = 'x', submitted_at = now() FROM y WHERE attempts = 1\"",
        '"UPDATE users SET name = \'x\' WHERE failed_count = 0"',
        '"UPDATE outbox SET taken_until = NULL"',
        '"UPDATE analyses SET title = \'x\'"\nlet status = 1',
    ],
)
def test_a_reader_is_not(tmp_path, text):
    answer = check(tmp_path, text)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_who_reads_says_what_of_the_bin(tmp_path):
    answer = check(tmp_path, '"""\nSELECT a.title FROM batches b\n  JOIN analyses a ON a.batch_id = b.id\n"""')
    assert answer.returncode == 1
    assert "in the bin" in answer.stderr


def test_the_project_itself_is_clean():
    answer = subprocess.run([CHECK], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
