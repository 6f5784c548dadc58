"""Data sets come whole or not at all, and what an interruption left is gone on with."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mit_harness.cli import app, main
from mit_harness.errors import FetchError, InputError, MitHarnessError
from mit_harness.measured import download
from mit_harness.measured.catalogue import DATA_SETS, data_set
from mit_harness.measured.fetch import fetch, folder, keep, located, part_of, state

PUBLISHED = (
    Path(__file__).parents[3] / "shared" / "data" / "measured" / "41467_2022_32829_MOESM6_ESM.xlsx"
)


@pytest.fixture
def content(server) -> bytes:
    return server.content


def fails(call: Callable[[], object], *words: str) -> str:
    """Return the one sentence of a fetch that fails, in which all words stand."""
    with pytest.raises(FetchError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    for word in words:
        assert word in text
    return text


def test_a_data_set_is_downloaded_once_and_then_found(toy, at, server, content):
    path = fetch(toy, at)
    assert path == at / "toy.bin"
    assert path.read_bytes() == content
    assert fetch(toy, at, offline=True) == path
    assert located("toy") == path
    assert server.ranges == [None]
    assert not part_of(path).exists()


def test_progress_ends_with_the_whole_size(toy, at):
    said: list[str] = []
    fetch(toy, at, say=said.append)
    assert said[-1] == "0.2 of 0.2 MB"


def test_a_download_that_breaks_off_once_goes_on_where_it_was(toy, at, server, content):
    server.stops_after, server.recovers = 70_000, True
    assert fetch(toy, at).read_bytes() == content
    assert server.ranges == [None, "bytes=70000-"]


def test_a_truncated_download_stays_in_part_and_the_next_call_resumes_it(
    toy, at, server, content, monkeypatch
):
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    server.stops_after = 70_000
    fails(lambda: fetch(toy, at), "broke off after 70000 of 200000 bytes", "--from FILE")
    assert part_of(at / "toy.bin").read_bytes() == content[:70_000]
    assert not (at / "toy.bin").exists()
    assert state(toy, at) == "in part"
    with pytest.raises(InputError, match="not on this machine"):
        located("toy")
    server.stops_after = None
    assert fetch(toy, at).read_bytes() == content
    assert server.ranges == [None, "bytes=70000-"]
    assert [p.name for p in at.iterdir() if not p.name.startswith(".")] == ["toy.bin"]


def test_a_server_without_ranges_starts_over(toy, at, server, content):
    server.stops_after, server.recovers, server.knows_ranges = 70_000, True, False
    assert fetch(toy, at).read_bytes() == content
    assert server.ranges == [None, "bytes=70000-"]


def test_a_first_piece_of_another_file_is_thrown_away(toy, at, server, content):
    at.mkdir(parents=True)
    part_of(at / "toy.bin").write_bytes(b"x" * 1000)
    assert fetch(toy, at).read_bytes() == content
    assert server.ranges == ["bytes=1000-", None]


def test_a_part_longer_than_the_file_is_not_gone_on_with(toy, at, server, content):
    at.mkdir(parents=True)
    part_of(at / "toy.bin").write_bytes(b"x" * len(content))
    assert fetch(toy, at).read_bytes() == content
    assert server.ranges == [None]


def test_a_range_that_the_server_refuses_starts_over(toy, at, server, content):
    at.mkdir(parents=True)
    part_of(at / "toy.bin").write_bytes(content[:1000])
    server.status, server.recovers = 416, True
    assert fetch(toy, at).read_bytes() == content
    assert server.ranges == ["bytes=1000-", None]


def test_a_server_that_is_busy_is_asked_again(toy, at, server, content):
    server.status, server.recovers = 503, True
    assert fetch(toy, at).read_bytes() == content
    assert len(server.ranges) == 2


@pytest.mark.parametrize(
    "body", [b"<html>log in</html>", b"", b"y" * 200_000, b"z" * 900_000], ids=len
)
def test_another_file_is_thrown_away(toy, at, server, body):
    server.content = body
    fails(lambda: fetch(toy, at), "not toy.bin as published", "thrown away", "--from FILE")
    assert [p for p in at.iterdir() if not p.name.startswith(".")] == []


def test_a_moved_file_is_not_asked_for_again(toy, at, server):
    server.status = 404
    fails(lambda: fetch(toy, at), server.url, "answers 404", "may have moved", "--from FILE")
    assert len(server.ranges) == 1


def test_redirects_without_an_end_are_one_line(toy, at, server):
    server.status = 302
    fails(lambda: fetch(toy, at), "redirects without an end", "--from FILE")


def test_a_busy_server_is_left_after_some_attempts(toy, at, server):
    server.status = 503
    fails(lambda: fetch(toy, at), "answers 503")
    assert len(server.ranges) == download.ATTEMPTS


def test_no_network_is_one_line(toy, at, monkeypatch):
    def unknown(*_args, **_kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fails(lambda: fetch(toy, at), "cannot be reached", "is there a network", "--from FILE")


def test_offline_asks_nothing(toy, at, server):
    fails(lambda: fetch(toy, at, offline=True), "network is off", "--offline", "--from FILE")
    assert server.ranges == []
    assert not at.exists()


def test_a_damaged_file_is_never_used_and_is_downloaded_again(toy, at, server, content):
    at.mkdir(parents=True)
    (at / "toy.bin").write_bytes(content[:-1])
    with pytest.raises(InputError, match=r"damaged or another file.*run `mit-harness data toy`"):
        located("toy")
    server.status = 404
    fails(lambda: fetch(toy, at), "answers 404")
    server.status = 200
    assert fetch(toy, at).read_bytes() == content
    assert located("toy") == at / "toy.bin"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_one_line(toy, at):
    at.mkdir(parents=True)
    part_of(at / "toy.bin").symlink_to("/dev/full")
    fails(lambda: fetch(toy, at), "cannot be written", "No space left", "--to DIR")
    assert not (at / "toy.bin").exists()


def in_a_file(at: Path) -> None:
    at.parent.parent.mkdir(exist_ok=True)
    at.parent.write_text("a file where the folder should be")


def of_its_name(at: Path) -> None:
    (at / "toy.bin").mkdir(parents=True)


@pytest.mark.parametrize("spoil", [in_a_file, of_its_name])
def test_a_cache_that_cannot_be_written_is_one_line(toy, at, content, tmp_path, spoil):
    spoil(at)
    (tmp_path / "mine").write_bytes(content)
    fails(lambda: fetch(toy, at), "cannot be written", "--to DIR")
    fails(lambda: keep(toy, tmp_path / "mine", at), "cannot be written", "--to DIR")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache_is_one_line(toy, at):
    at.mkdir(parents=True)
    at.chmod(0o500)
    fails(lambda: fetch(toy, at), "cannot be written", "Permission denied")


def test_a_local_file_takes_the_place_of_a_download(toy, at, server, content, tmp_path):
    (tmp_path / "mine").write_bytes(content)
    at.mkdir(parents=True)
    part_of(at / "toy.bin").write_bytes(b"half")
    assert keep(toy, tmp_path / "mine", at) == at / "toy.bin" == located("toy")
    assert (at / "toy.bin").read_bytes() == content
    assert [p.name for p in at.iterdir()] == ["toy.bin"]
    assert server.ranges == []


def test_the_file_in_the_cache_may_be_its_own_source(toy, at, content):
    at.mkdir(parents=True)
    (at / "toy.bin").write_bytes(content)
    assert keep(toy, at / "toy.bin", at).read_bytes() == content


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("absent", "cannot be read (No such file"),
        (".", "is no file"),
        ("short", "has 5 bytes, not 200000"),
        ("wrong", "has the sha256"),
    ],
)
def test_a_local_file_that_will_not_do_is_one_line(toy, at, content, tmp_path, source, words):
    (tmp_path / "short").write_bytes(b"short")
    (tmp_path / "wrong").write_bytes(content[::-1])
    with pytest.raises(InputError) as caught:
        keep(toy, tmp_path / source, at)
    assert words in str(caught.value)
    assert str(tmp_path / source) in str(caught.value)
    assert not at.exists()


def test_an_unknown_data_set_says_what_is_meant():
    with pytest.raises(InputError, match="did you mean 'lafleur2022'"):
        data_set("lafleur2020")


def test_the_folder_is_in_the_users_cache_unless_named(monkeypatch, tmp_path):
    monkeypatch.delenv("MIT_HARNESS_DATA", raising=False)
    assert folder().parts[-2:] == ("mit-harness", "data")
    monkeypatch.setenv("MIT_HARNESS_DATA", str(tmp_path))
    assert folder() == tmp_path


def test_the_published_copy_is_what_the_catalogue_says(at):
    if not PUBLISHED.exists():
        pytest.skip(f"the published file is not here ({PUBLISHED})")
    known = DATA_SETS["lafleur2022"]
    assert keep(known, PUBLISHED, at).stat().st_size == known.size
    assert located("lafleur2022").name == PUBLISHED.name


# Through the command line


def run(*arguments: object) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["data", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def test_the_command_shows_the_terms_and_prints_the_path(toy, at, content):
    out, said = run("toy")
    assert out == f"{at / 'toy.bin'}\n"
    assert (at / "toy.bin").read_bytes() == content
    assert "licence: CC BY 4.0" in said
    assert "cite: La Fleur" in said
    assert "MB" not in said  # progress is for terminals


def test_the_list_tells_what_is_fetched(toy, at):
    assert [line.split()[-1] for line in run()[0].splitlines()[1:3]] == ["no", "no"]
    run("toy")
    assert [line.split()[-1] for line in run()[0].splitlines()[1:3]] == ["no", "yes"]
    assert str(at / "toy.bin") in run()[0]


def test_another_folder_is_taken_and_said(toy, at, tmp_path):
    out, said = run("toy", "--to", tmp_path / "other")
    assert out == f"{tmp_path / 'other' / 'toy.bin'}\n"
    assert "MIT_HARNESS_DATA" in said
    assert not at.exists()


def test_a_local_file_through_the_command(toy, at, server, content, tmp_path):
    (tmp_path / "mine").write_bytes(content)
    run("toy", "--from", tmp_path / "mine", "--offline")
    assert located("toy").read_bytes() == content
    assert server.ranges == []


def not_found(server, _at: Path) -> None:
    server.status = 404


def round_in_a_circle(server, _at: Path) -> None:
    server.status = 302


def truncated(server, _at: Path) -> None:
    server.stops_after = 0


def wrong(server, _at: Path) -> None:
    server.content = server.content[::-1]


def unwritable(_server, at: Path) -> None:
    in_a_file(at)


@pytest.mark.parametrize("spoil", [not_found, round_in_a_circle, truncated, wrong, unwritable])
def test_each_fault_is_one_line_and_a_failing_exit(toy, at, server, monkeypatch, capsys, spoil):
    spoil(server, at)
    monkeypatch.setattr("sys.argv", ["mit-harness", "data", "toy"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert said.splitlines()[-1].startswith("mit-harness: ")
    assert "Traceback" not in said
    assert not (at / "toy.bin").exists()


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["toy", "--offline"], {}, "network is off"),
        (["toy"], {"MIT_HARNESS_OFFLINE": "1"}, "network is off"),
        (["toy", "--from", "absent"], {}, "absent cannot be read"),
        (["--from", "absent"], {}, "--from goes with a data set's name"),
        (["toys"], {}, "did you mean 'toy'"),
    ],
)
def test_what_the_command_refuses(toy, at, server, monkeypatch, arguments, environment, words):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(MitHarnessError) as caught:
        CliRunner().invoke(app, ["data", *arguments], catch_exceptions=False)
    assert words in str(caught.value)
    assert server.ranges == []
