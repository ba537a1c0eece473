"""An address has one spelling; what could end a header or reach two people is none."""

import pytest

from chalicelib.alerts.addresses import InvalidEmail, canonical_email


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("wang@example.com", "wang@example.com"),
        ("  Wang.Fang+a@Mail.EXAMPLE.cn ", "Wang.Fang+a@mail.example.cn"),
        ("o'brien@xn--fiqs8s.example", "o'brien@xn--fiqs8s.example"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
)
def test_an_address_has_one_spelling(text: str, address: str) -> None:
    assert canonical_email(text) == address
    assert canonical_email(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "wang", "wang@", "@example.com", "wang@example", "wang@@example.com", "a b@example.com", "王@example.com",
        ".wang@example.com", "wang.@example.com", "wa..ng@example.com", "wang@-a.com", "wang@a-.com", "wang@exa mple.com",
        "wang@example.com\nBcc: x@y.com", "<wang@example.com>", '"wang"@example.com', "a" * 65 + "@example.com",
        "wang@" + "a." * 125 + "com", "wang@" + "a" * 64 + ".com", "wang@[127.0.0.1]", "wang@example.com,x@y.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidEmail):
        canonical_email(text)
