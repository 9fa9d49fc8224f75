"""Is a wrong value one clear line that names its variable?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forum.core.config import ConfigError, load_config

ROOT = Path(__file__).parents[2]
WRONG = {
    "FORUM_DATABASE_URL": ["nonsense", "mysql://host/name", "sqlite://", "postgresql://host:x/y"],
    "FORUM_READ_DATABASE_URL": ["sqlite:///other.db", "postgresql://replica/forum"],
    "FORUM_REDIS_URL": ["http://host", "redis://", "redis://host:port"],
    "FORUM_SECRET_KEY": ["short"],
    "FORUM_BASE_URL": ["forum.example.com", "https://", "https://host/forum", "http://[::1"],
    "FORUM_TRUSTED_PROXIES": ["localhost", "10.0.0.0/8 nonsense"],
    "FORUM_MAIL_URL": ["mailto:someone", "smtp://", "smtp://host:port"],
    "FORUM_PAGE_CACHE": ["yes"],
}


@pytest.mark.parametrize(
    ("variable", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_value_is_one_line_naming_the_variable(tmp_path, variable, value):
    with pytest.raises(ConfigError) as refused:
        load_config({"FORUM_DATA_DIR": str(tmp_path), variable: value})

    assert str(refused.value).startswith(f"{variable}: ")
    assert "\n" not in str(refused.value)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="FORUM_DATA_DIR: cannot make"):
        load_config({"FORUM_DATA_DIR": str(tmp_path / "file")})


def test_the_file_in_the_data_folder_counts_less_than_the_environment(tmp_path):
    (tmp_path / "louceng.conf").write_text(
        "# ours\nFORUM_BASE_URL = https://file.example.com\nFORUM_PAGE_CACHE=off\n", "utf-8"
    )

    config = load_config(
        {"FORUM_DATA_DIR": str(tmp_path), "FORUM_BASE_URL": "https://given.example.com/"}
    )

    assert config.base_url == "https://given.example.com"
    assert config.page_cache is False


def test_a_line_of_the_file_that_sets_nothing_is_named(tmp_path):
    (tmp_path / "louceng.conf").write_text("FORUM_PAGE_CACHE=on\nhello\n", "utf-8")

    with pytest.raises(ConfigError, match=r"louceng\.conf line 2"):
        load_config({"FORUM_DATA_DIR": str(tmp_path)})


def test_the_secret_is_made_once_and_kept_to_its_owner(tmp_path):
    first = load_config({"FORUM_DATA_DIR": str(tmp_path)})
    again = load_config({"FORUM_DATA_DIR": str(tmp_path)})

    assert len(first.secret_key) >= 32
    assert again.secret_key == first.secret_key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("variable", "value"),
    [("FORUM_BASE_URL", "nonsense"), ("FORUM_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")],
)
def test_the_command_says_it_without_a_traceback(tmp_path, variable, value):
    run = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "db", "upgrade"],
        cwd=ROOT,
        env={**os.environ, "FORUM_DATA_DIR": str(tmp_path), variable: value},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 1
    assert run.stdout == ""
    assert f"{variable}: " in run.stderr
    assert run.stderr.count("\n") == 1
