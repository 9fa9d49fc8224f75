"""Is a page that became twice as slow seen, and nothing else? Of reports made up; no server runs here."""

import json
import re
from pathlib import Path

import pytest

from tests.bench import databases, floors
from tests.bench.report import Report, Row
from tests.bench.scenarios import Size
from tests.bench.wrk import Measured


def report_of(*ratios: float, errors: int = 0) -> Report:
    """One with lines page 0, page 1 ... of members."""
    report = Report("made up", {"cpu": "one"})
    for number, ratio in enumerate(ratios):
        measured = Measured(1000 * ratio, 1, 2, 3, 1000, errors)
        report.rows.append(Row(f"page {number}", "member", 8, measured, ratio=ratio))
    report.rows.append(Row("one SELECT, page 0", "ceiling", 8, Measured(1000, 1, 2, 3, 1000, 0)))
    return report


@pytest.fixture
def recorded(tmp_path) -> Path:
    file = tmp_path / "floors.json"
    floors.record([report_of(0.9, 0.05), report_of(0.8, 0.04), report_of(0.1, 0.02)], file)
    return file


def test_the_median_of_the_runs_is_written_down(recorded):
    kept = json.loads(recorded.read_text())

    assert kept["of_ceiling"] == {"member": {"page 0": 0.8, "page 1": 0.04}}
    assert (kept["runs"], kept["machine"]) == (3, {"cpu": "one"})


def test_a_page_twice_as_slow_is_too_slow(recorded):
    assert floors.too_slow(report_of(0.8 / 1.7, 0.04 / 1.7), recorded) == {}

    assert list(floors.too_slow(report_of(0.8, 0.04 / 2), recorded)) == [("page 1", "member")]
    assert list(floors.too_slow(report_of(0.8 / 2, 0.04), recorded)) == [("page 0", "member")]


def test_a_line_without_a_floor_fails(recorded):
    assert list(floors.too_slow(report_of(0.8, 0.04, 0.5), recorded)) == [("page 2", "member")]


def test_an_answer_by_an_error_fails(recorded):
    assert floors.refused(report_of(0.8)) == {}
    assert list(floors.refused(report_of(0.8, errors=1))) == [("page 0", "member")]


def test_each_line_of_quick_mode_has_a_floor():
    kept = json.loads(floors.FILE.read_text())["of_ceiling"]

    assert {who: set(lines) for who, lines in kept.items()} == {
        "guest": {"index", "board 1", "thread 1", "space", "guide", "login"},
        "guest, cache off": {"index", "board 1", "thread 1", "space", "guide"},
        "member": {
            "index", "board 1", "thread 1", "space", "guide", "reply, 8 threads", "reply, 1 thread",
            "search, 2 characters, common", "search, 2 characters, common, one board readable",
            "search, 4 characters", "search, 4 characters, one board readable",
        },
    }  # fmt: skip


def test_another_size_is_another_folder():
    usual = Size.usual(1_000_000)

    assert usual == Size(1_000_000, 100_000, 20_000, 10_000, boards=20, seed=1)
    assert usual.name == "1000000"
    assert Size(1_000_000, 100_000, 20_000, 5_000).name == "1000000-100000-20000-5000-20-1"
    assert Size(1_000_000, 100_000, 20_000, 10_000, seed=2).name.endswith("-20-2")


def test_a_forum_loaded_by_half_is_loaded_again(tmp_path, capfd):
    size = Size(posts=60, threads=20, longest=20, members=10, boards=3)
    (tmp_path / "loading").write_text("4194305")  # no process has this number
    (tmp_path / "louceng.db").write_text("half of it")

    databases.load(tmp_path, None, size)

    assert (tmp_path / "loaded").exists()
    assert not (tmp_path / "loading").exists()
    assert "loaded by half" in capfd.readouterr().out
    said = databases.flask({"FORUM_DATA_DIR": str(tmp_path)}, "counters", "verify")
    assert (said.line, said.is_well) == ("no differences", True)


def test_a_forum_somebody_is_loading_is_left_alone(tmp_path):
    (tmp_path / "loading").write_text("1")
    (tmp_path / "louceng.db").write_text("half of it")

    with pytest.raises(SystemExit, match=re.escape("is being loaded by process 1")):
        databases.load(tmp_path, None, Size(60, 20, 20, 10))

    assert (tmp_path / "louceng.db").read_text() == "half of it"
