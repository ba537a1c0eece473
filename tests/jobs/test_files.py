"""Files of the city on the emulator: written, linked to without a token, and removed by what they belong to."""

import io
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from chalicelib.core import files
from chalicelib.core.names import files_bucket
from tests.support.city import TestCity

pytestmark = [pytest.mark.jobs, pytest.mark.usefixtures("city")]


def test_a_link_opens_its_file_without_a_token(city: TestCity) -> None:  # noqa: ARG001  it must be there
    files.put("some/export.csv", io.BytesIO("张*".encode()), "text/csv; charset=utf-8")

    link = files.link("some/export.csv", "gatebook.csv")
    with urlopen(link) as answer:  # noqa: S310  a link of the emulator
        assert answer.read().decode() == "张*"
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="gatebook.csv"'
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == [str(files.LINK_SECONDS)] == ["300"]


def test_what_is_written_again_is_replaced() -> None:
    for content in (b"one", b"two"):
        files.put("some/part", content, "application/json")

    assert files.get("some/part") == b"two"


def test_all_that_belongs_together_is_removed_at_once_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "REMOVED_AT_ONCE", 2)
    for name in ("o1/a", "o1/b", "o1/c/d", "o10/a"):
        files.put(name, b"x", "text/plain")

    assert (files.remove_all("o1/"), files.remove_all("o1/")) == (3, 0)

    assert files.get("o10/a") == b"x"
    with pytest.raises(ClientError, match="NoSuchKey"):
        files.get("o1/a")


def test_a_link_to_what_is_gone_opens_nothing() -> None:
    files.put("gone/a", b"x", "text/plain")
    link = files.link("gone/a", "a")
    files.remove_all("gone/")

    with pytest.raises(HTTPError) as refused:
        urlopen(link)  # noqa: S310  a link of the emulator
    refused.value.close()
    assert refused.value.code == 404


def test_the_longest_name_is_one_that_s3_takes() -> None:
    assert len(files_bucket("a" * 20, "1" * 12, "ap-southeast-1")) == 63
    assert len(files_bucket("a" * 20, "1" * 12, "cn-northwest-1")) == 63
