"""What AWS and others charge, as plain tables: a list by region, and what has to be assumed.

All are list prices of the first tier, before taxes, free tiers and discounts, so that a sum errs upwards for its
usage. AWS's China regions have a list of their own, in CNY. As far as it is known it stands in `CHINA_LIST`; what is
missing there is taken from us-east-1, converted and multiplied. Whoever budgets a city compares both with AWS's pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LISTED = "2025-01-01"
"""The day whose list the prices of us-east-1 are of; DynamoDB's last changed on 2024-11-01. Nothing compares them by itself."""

UNDATED = "a copy of the page without a date, before 2026-11-22"


class UnknownRegion(Exception):
    """A region without prices; the text says which there are."""


@dataclass(frozen=True)
class Price:
    """What one `unit` costs, on which page that stands, and as of which day."""

    amount: float
    unit: str
    page: str
    day: str = LISTED


@dataclass(frozen=True)
class Assumptions:
    """What nobody can look up for a city: its contracts, and the way from one currency to another."""

    sms_cny: float = 0.045
    """CNY per text message, through a contractor: what Chinese carriers ask of large senders. AWS sends none from China."""
    china_factor: float = 1.3
    """How much dearer than in us-east-1, after conversion, is what `CHINA_LIST` lacks: a guess with a margin."""
    cny_per_usd: float = 7.1
    """CNY for a dollar, rounded from the rates of 2024 (7.1 to 7.3)."""


US_LIST: Mapping[str, Price] = {
    "gateway": Price(3.50, "million requests", "api-gateway/pricing (REST APIs)"),
    "invocation": Price(0.20, "million invocations", "lambda/pricing"),
    "compute": Price(0.0000166667, "GB-second", "lambda/pricing (x86)"),
    "read": Price(0.125, "million read units", "dynamodb/pricing/on-demand"),
    "write": Price(0.625, "million write units", "dynamodb/pricing/on-demand"),
    "storage": Price(0.25, "GB-month", "dynamodb/pricing/on-demand"),
    "recovery": Price(0.20, "GB-month", "dynamodb/pricing/on-demand (point-in-time recovery)"),
    "key": Price(1.00, "key-month", "kms/pricing"),
    "kms": Price(3.00, "million calls", "kms/pricing"),
    "secret": Price(0.40, "secret-month", "secrets-manager/pricing"),
    "secretsmanager": Price(5.00, "million calls", "secrets-manager/pricing"),
    "log": Price(0.50, "GB", "cloudwatch/pricing (logs, collect)"),
    "log_kept": Price(0.03, "GB-month", "cloudwatch/pricing (logs, store)"),
    "metric": Price(0.30, "metric-month", "cloudwatch/pricing (metrics)"),
    "alarm": Price(0.10, "alarm-month", "cloudwatch/pricing (alarms)"),
    "dashboard": Price(3.00, "dashboard-month", "cloudwatch/pricing (dashboards)"),
    "firewall": Price(5.00, "firewall-month", "waf/pricing"),
    "firewall_rule": Price(1.00, "rule-month", "waf/pricing"),
    "firewall_request": Price(0.60, "million requests", "waf/pricing"),
    "out": Price(0.09, "GB", "ec2/pricing/on-demand (data transfer)"),
}
"""us-east-1 in USD, by the name that the lines of a bill have for it; pages of aws.amazon.com."""

CHINA_LIST: Mapping[str, Price] = {
    "write": Price(11.1538, "million write units", "dynamodb/pricing", UNDATED),
    "read": Price(11.1538 / 5, "million read units", "dynamodb/pricing: a fifth of a write, as in us-east-1", UNDATED),
    "metric": Price(2.00, "metric-month", "cloudwatch/pricing", UNDATED),
    "alarm": Price(0.622, "alarm-month", "cloudwatch/pricing", UNDATED),
}
"""cn-north-1 in CNY as far as it is known; pages of www.amazonaws.cn."""


@dataclass(frozen=True)
class PriceList:
    """The prices of a region in its currency."""

    region: str
    currency: str
    assumptions: Assumptions

    def of(self, name: str) -> float:
        """The price of one unit. Raises KeyError for what has none."""
        assumed = self.assumptions
        if name == "sms":
            return assumed.sms_cny / (1 if self.currency == "CNY" else assumed.cny_per_usd)
        price = self.listed(name)
        is_converted = self.currency == "CNY" and name not in CHINA_LIST
        return price.amount * (assumed.cny_per_usd * assumed.china_factor if is_converted else 1)

    def listed(self, name: str) -> Price:
        """The price as its page says it, in the page's currency. Raises KeyError for what is on no page."""
        return CHINA_LIST[name] if self.currency == "CNY" and name in CHINA_LIST else US_LIST[name]

    def source(self, name: str) -> str:
        """Where a price comes from: page and day, or that it is assumed."""
        if name == "sms":
            return "assumed"
        listed = self.listed(name)
        return f"{listed.page}, {listed.day}"

    @property
    def basis(self) -> str:
        """Where the prices come from, in words."""
        us = f"AWS's list for us-east-1 as of {LISTED}, first tier, no free tier"
        assumed = self.assumptions
        contracts = f"{assumed.sms_cny:g} CNY for a text message, {assumed.cny_per_usd:g} CNY for a dollar"
        if self.currency == "USD":
            return f"Prices: {us}. Assumed: {contracts}."
        known = ", ".join(sorted(CHINA_LIST))
        return (
            f"Prices: AWS's list for China where known ({known}); else {us}, converted. Assumed: "
            f"{contracts}, and {assumed.china_factor:g} times the price of us-east-1 for what is not known."
        )


CURRENCIES = {"cn-north-1": "CNY", "us-east-1": "USD"}


def price_list(region: str, assumptions: Assumptions) -> PriceList:
    """The prices of a region. Raises UnknownRegion."""
    if region not in CURRENCIES:
        raise UnknownRegion(f"No prices are known for region {region}; there are {', '.join(sorted(CURRENCIES))}.")
    return PriceList(region, CURRENCIES[region], assumptions)


def unit_of(name: str) -> str:
    """What one price is for."""
    return "message" if name == "sms" else US_LIST[name].unit
