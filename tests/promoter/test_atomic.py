"""A file is either the old one or a complete new one."""

import errno
import os
from pathlib import Path

import pytest

from mit_harness.atomic import atomic
from mit_harness.errors import ReportError


def test_text_is_utf_8_with_plain_line_ends(tmp_path):
    with atomic(tmp_path / "a.txt") as handle:
        handle.write("é\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa9\n"
    with atomic(str(tmp_path / "a.bin"), "wb") as handle:
        handle.write(b"\r\n\x00")
    assert (tmp_path / "a.bin").read_bytes() == b"\r\n\x00"


def names(folder):
    return [path.name for path in folder.iterdir()]


def fail_while_writing(path, error):
    with atomic(path) as handle:
        handle.write("half of the n")
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_what_stood_there(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error):
        fail_while_writing(path, error)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_nothing_has_the_name_before_it_is_complete(tmp_path):
    path = tmp_path / "a.txt"
    with atomic(path) as handle:
        handle.write("new")
        assert not path.exists()
    assert path.read_text() == "new"


def refused(path):
    with pytest.raises(ReportError) as caught, atomic(path) as handle:
        handle.write("x")
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_a_missing_folder_is_refused(tmp_path):
    assert "No such file or directory" in refused(tmp_path / "none" / "a.txt")


def test_a_folder_is_refused(tmp_path):
    assert "Is a directory" in refused(tmp_path)
    assert names(tmp_path) == []


def test_a_name_that_is_too_long_is_refused(tmp_path):
    assert "File name too long" in refused(tmp_path / ("a" * 300))
    with atomic(tmp_path / ("a" * 255)) as handle:
        handle.write("x")
    assert names(tmp_path) == ["a" * 255]


def test_no_space_is_said_and_cleaned_up(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mit_harness.atomic.os.fsync", full)
    assert "No space left on device" in refused(tmp_path / "a.txt")
    assert names(tmp_path) == []


def test_a_link_is_followed_and_permissions_follow_the_umask(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    before = os.umask(0o027)
    try:
        with atomic(link) as handle:
            handle.write("new")
    finally:
        os.umask(before)
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="no /dev/null here")
def test_a_device_is_written_to_never_replaced():
    with atomic("/dev/null") as handle:
        handle.write("x")
    assert Path("/dev/null").is_char_device()
