"""The page behind a printed code, and the QR code that leads to it (R1.1)."""

import re
from urllib.parse import urlsplit

import numpy as np
import pytest

from tests.support.books import ANY_INVITATION, Book
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.qr import pixels, read_back

pytestmark = pytest.mark.api


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json", "image/png", "nonsense", ""])
def test_the_page_is_html_for_any_accept(city: TestCity, book: Book, accept: str) -> None:
    answer = city.api.get(f"/c/{book.code}", accept=accept)

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "Third School" in answer.text


def test_the_page_speaks_both_languages_and_says_what_joining_means(city: TestCity, book: Book) -> None:
    page = city.api.get(f"/c/{book.code}").text

    assert "I join the group book of “Third School”" in page
    assert "我自愿加入“Third School”的团体簿" in page
    assert re.findall(r'name="scopes" value="(\w+)"', page) == ["health_code", "nucleic_acid", "vaccination", "travel"]


def test_the_page_runs_nothing_but_the_citys_own_files(city: TestCity, owner: Client) -> None:
    book = Book.opened(city, owner, "<script>alert(1)</script><img src=x onerror=alert(2)> $org_id ${open}")

    page = city.api.get(f"/c/{book.code}")

    assert page.status == 200
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "$org_id" in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


def test_a_page_for_nobody(city: TestCity, book: Book) -> None:
    for code in ("x", book.code[::-1], book.code[:-1]):
        page = city.api.get(f"/c/{code}")
        assert page.status == 404
        assert page.headers["content-type"].startswith("text/html")
        assert "Third School" not in page.text


@pytest.mark.parametrize(
    "query", ["from=singlemessage&isappinstalled=0", "utm_source=x", "limit=9", "a=1&a=2", "=", "%ff"]
)
def test_what_a_messenger_adds_to_the_address_does_no_harm(city: TestCity, book: Book, query: str) -> None:
    assert city.api.get(f"/c/{book.code}?{query}").status == 200
    assert city.api.get(f"/c/x?{query}").status == 404


# --- the QR code -----------------------------------------------------------------------------------------------------


def test_the_qr_code_leads_through_preview_and_join(city: TestCity, book: Book) -> None:
    answer = book.owner.post(f"{book.path}/invitations", ANY_INVITATION)

    address = read_back(answer.json["qr"])

    assert address == answer.json["url"]
    code = urlsplit(address).path.removeprefix("/c/")
    assert city.api.get(f"/c/{code}").status == 200
    assert city.api.get(f"/v1/invitations/{code}").json["organization"] == {"name": "Third School"}
    assert city.verified().post(f"/v1/invitations/{code}/join", {"scopes": []}).status == 201


@pytest.mark.parametrize("length", [1, 20, 60, 90])
def test_a_qr_code_of_any_address_is_read_back(length: int) -> None:
    from chalicelib.core.qr import qr_svg

    address = "https://" + "a" * length + ".example/c/" + "Zz9_-" * 10

    assert read_back(qr_svg(address)) == address


def test_the_qr_code_is_markup_alone_with_its_quiet_zone() -> None:
    from chalicelib.core.qr import qr_svg

    svg = qr_svg("https://city.example/c/abc")

    assert svg.startswith("<svg")
    assert "<script" not in svg
    modules = pixels(svg)
    dark = np.argwhere(modules == 0)
    assert int(np.min(dark)) == 4
    assert int(np.max(dark)) == modules.shape[0] - 5
