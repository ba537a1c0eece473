"""The command that opens a book in a local city, as somebody types it. That it opens one, tests/acceptance/test_api_doc.py sees."""

import pytest

from infra.local.book import main
from infra.local.ports import HOST, free_port


def test_where_no_city_runs_it_says_what_starts_one(capsys: pytest.CaptureFixture[str]) -> None:
    address = f"http://{HOST}:{free_port()}"

    assert main([f"{address}/"]) == 1

    said = capsys.readouterr().err
    assert said.startswith(f"No city answers at {address} (")
    assert said.endswith("Start one with `make run`.\n")


@pytest.mark.parametrize("typed", ["nonsense", "8000", "file:///etc/passwd", "http://"])
def test_what_is_no_address_is_called_so(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([typed])

    assert ended.value.code == 2
    assert f"{typed!r} is not like http://127.0.0.1:8000" in capsys.readouterr().err


def test_it_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    assert ended.value.code == 0
    assert "http://127.0.0.1:8000" in capsys.readouterr().out
