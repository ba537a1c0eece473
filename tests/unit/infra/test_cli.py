"""The operator's commands as far as they need no city: options, files, refusals."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from infra.cli.files import UnusableFile, look_through
from infra.cli.importing import Report
from infra.cli.main import app
from infra.cli.options import UnusableTarget, local_target, to_front

COLUMNS = ("a", "b")
NOBODY = "http://127.0.0.1:1"
HEADER = "document_type,document_number,name,phone\n"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("import people F --city demo", "--city demo import people F"),
        ("import --city=demo people --json F", "--city=demo --json import people F"),
        ("--city demo import people F --endpoint-url U", "--city demo --endpoint-url U import people F"),
        ("import people --help", "import people --help"),
        ("import people -- --city", "import people -- --city"),
        ("import people F --city", "import people F --city"),
    ],
)
def test_global_options_stand_anywhere(args: str, expected: str) -> None:
    assert to_front(args.split()) == expected.split()


@given(st.lists(st.sampled_from(["--city", "--json", "--city=x", "--endpoint-url", "a", "--", "-h"])))
def test_no_argument_is_lost(args: list[str]) -> None:
    assert sorted(to_front(args)) == sorted(args)
    assert to_front(to_front(args)) == to_front(args)


@pytest.mark.parametrize("order", ["{o} import people {f}", "import {o} people {f}", "import people {f} {o}"])
def test_the_target_is_found_before_and_after_the_verb(order: str, tmp_path: Path) -> None:
    line = order.format(o=f"--city demo --endpoint-url {NOBODY}", f=tmp_path / "missing.csv")

    result = CliRunner().invoke(app, line.split(), env={"CITY": "", "AWS_ENDPOINT_URL": ""})

    assert result.exit_code == 2
    assert "missing.csv cannot be read: No such file" in result.stderr


def test_options_win_over_the_environment(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(HEADER)
    line = ["import", "people", str(tmp_path / "people.csv"), "--city", "demo", "--endpoint-url", NOBODY]
    result = CliRunner().invoke(app, line, env={"CITY": "atlantis", "AWS_ENDPOINT_URL": "https://aws.example"})
    assert result.exit_code == 1
    assert f"Nothing answers at {NOBODY}" in result.stderr


@contextmanager
def answering(status: int, body: object) -> Iterator[str]:
    """A server on this machine that gives every POST one answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def import_nobody(folder: Path, endpoint: str) -> Result:
    (folder / "people.csv").write_text(HEADER)
    line = ["import", "people", str(folder / "people.csv"), "--city", "demo", "--endpoint-url", endpoint]
    return CliRunner().invoke(app, line)


@pytest.mark.parametrize(("status", "body"), [(404, {"status": 404, "code": "not_found"}), (405, {}), (200, {})])
def test_a_server_that_is_no_emulator_is_called_so(status: int, body: object, tmp_path: Path) -> None:
    with answering(status, body) as endpoint:
        result = import_nobody(tmp_path, endpoint)
    assert result.exit_code == 1
    said = f"What answers at {endpoint} is no emulator of AWS; `make run` prints the emulator's address.\n"
    assert result.stderr == said


def test_an_emulator_that_fails_has_stopped_answering(tmp_path: Path) -> None:
    with answering(400, {"__type": "ThrottlingException"}) as endpoint:
        result = import_nobody(tmp_path, endpoint)
    assert result.exit_code == 1
    assert "demo stopped answering (ClientError). The same command goes on" in result.stderr


@pytest.mark.parametrize("kind", ["people", "facts"])
def test_help_says_which_city_must_be_named(kind: str) -> None:
    result = CliRunner().invoke(app, ["import", kind, "--help"])
    assert result.exit_code == 0
    for name in ("--city", "--endpoint-url", "CITY", "AWS_ENDPOINT_URL"):
        assert re.search(rf"(?<!\w){name}(?!\w)", result.stdout), name


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://dynamodb.ap-southeast-1.amazonaws.com",
        "http://127.0.0.1.evil.example:4566",
        "http://10.0.0.1:4566",
        "127.0.0.1:4566",
        "ftp://127.0.0.1",
        "http://[::1",
        "http://",
    ],
)
def test_only_this_machine_is_imported_into(endpoint: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["import", "people", str(tmp_path / "any.csv"), "--city", "demo", "--endpoint-url", endpoint]
    )
    assert result.exit_code == 2
    assert "a city on this machine only" in result.stderr


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:4566", "http://localhost:1", "http://[::1]:2", "https://127.0.0.1"]
)
def test_loopback_in_every_spelling_is_this_machine(endpoint: str) -> None:
    assert local_target("demo", endpoint, as_json=False).endpoint_url == endpoint


@pytest.mark.parametrize(
    ("city", "endpoint", "said"),
    [
        (None, NOBODY, "Which city"),
        ("", NOBODY, "Which city"),
        ("demo", None, "Where"),
        ("atlantis", NOBODY, "no such city file"),
    ],
)
def test_a_target_that_is_not_whole_is_refused(city: str | None, endpoint: str | None, said: str) -> None:
    with pytest.raises(UnusableTarget, match=said):
        local_target(city, endpoint, as_json=False)


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xef\xbb\xbfa,b\r\n1,2\r\n", b"b,a\n2,1", b" a , b \n1,2\n\n"])
def test_files_as_spreadsheets_write_them(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    found = look_through(file, COLUMNS)
    assert found.rows == 1
    assert [line.values for line in found.lines()] == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"b,a,c\n2,1,3\n"])
def test_a_file_may_do_without_what_is_optional(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)

    (line,) = look_through(file, ("a", "b", "c"), {"c"}).lines()

    assert {"a": "1", "b": "2"}.items() <= (line.values or {}).items()
    file.write_text("a,b\n1,2\n")
    with pytest.raises(UnusableFile, match="missing: c; not known: none"):
        look_through(file, ("a", "b", "c"))


def test_line_numbers_are_those_of_an_editor(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text('a,b\n1,2\n\n"two\nlines",4\n5\n6,7,8\n9,10\n')
    found = look_through(file, COLUMNS)
    assert found.rows == 5
    assert [(line.number, line.values is None) for line in found.lines()] == [
        (2, False),
        (5, False),
        (6, True),
        (7, True),
        (8, False),
    ]
    assert [line.number for line in found.lines(skip=3)] == [7, 8]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("姓名,b\n".encode("gbk"), "CSV UTF-8"),
        ("a,b\n王,1\n".encode("gbk"), "CSV UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "CSV UTF-8"),
        (b"a;b\n1;2\n", "must have the columns a,b"),
        (b"a,c\n1,2\n", "missing: b; not known: c"),
        (b"a,b,c\n1,2,3\n", "missing: none; not known: c"),
        (b"a,a,b\n1,1,2\n", "columns a,b"),
        (b"1,2\n", "it has none of them$"),
        (b"", "must have the columns a,b"),
        (b'a,b\n"unclosed,2\n', "quotation mark"),
    ],
)
def test_a_file_of_another_form_is_refused_whole_and_not_quoted(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    with pytest.raises(UnusableFile, match=said) as raised:
        look_through(file, COLUMNS)
    assert "unclosed" not in str(raised.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="cannot be read"):
        look_through(tmp_path, COLUMNS)


def test_a_report_is_there_only_if_something_was_rejected(tmp_path: Path) -> None:
    path = tmp_path / "file.csv.rejected.csv"
    path.write_text("of an earlier run\n")
    with Report(path, goes_on=False):
        pass
    assert not path.exists()

    with Report(path, goes_on=False) as report:
        report.add(7, "invalid_phone")
    with Report(path, goes_on=True) as report:
        report.add(9, "invalid_name")
    assert path.read_text() == "line,reason\n7,invalid_phone\n9,invalid_name\n"
