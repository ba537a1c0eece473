"""The arithmetic: usage times what was measured times prices, line by line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chalicelib.core.city import City, load_city
from infra.costs import usage
from infra.costs.measured import Measured
from infra.costs.parts import FUNCTIONS, PARTS, memory_mb, tables
from infra.costs.prices import PriceList, unit_of
from infra.costs.usage import DAYS, GIGABYTE, PROCESS, USES, Use

MILLION = 1_000_000
API = "api_handler"


@dataclass(frozen=True)
class Line:
    """One line of a bill: so much of what has this price, and how the quantity came about."""

    service: str
    what: str
    price: str
    """The price's name in `infra.costs.prices`."""
    quantity: float
    """In units of the price."""
    arithmetic: str

    def amount(self, prices: PriceList) -> float:
        """What it costs a month, in the price list's currency."""
        return self.quantity * prices.of(self.price)

    @property
    def unit(self) -> str:
        """What the quantity counts."""
        return unit_of(self.price)


@dataclass(frozen=True)
class Bill:
    """A month of a city."""

    residents: int
    lines: tuple[Line, ...]
    prices: PriceList

    @property
    def total(self) -> float:
        """What the month costs."""
        return sum(line.amount(self.prices) for line in self.lines)

    @property
    def per_resident(self) -> float:
        """What it costs for each of them."""
        return self.total / self.residents


def bill(residents: int, operations: Mapping[str, Measured], prices: PriceList) -> Bill:
    """The bill of a city of so many residents, all of whom use the service. Raises ValueError for fewer than one."""
    if residents < 1:
        raise ValueError("a city has at least one resident")
    month = _Month(residents, operations, load_city(usage.CITY))
    return Bill(residents, tuple(month.lines()), prices)


@dataclass(frozen=True)
class _Month:
    residents: int
    operations: Mapping[str, Measured]
    city: City

    def lines(self) -> Iterator[Line]:
        """Every line, by service."""
        yield from self._gateway()
        yield from self._functions()
        yield from self._units()
        yield from self._storage()
        yield from self._keys()
        yield from self._logs()
        yield from self._parts()
        yield from self._out()

    def _times(self, use: Use) -> float:
        """How often an operation happens in the month."""
        return self.residents * use.daily * DAYS

    def _often(self, use: Use) -> str:
        return f"{_people(self.residents)} x {use.daily:.3g}/day x {DAYS}"

    def _requests(self) -> tuple[float, str]:
        asked = [use for use in USES if use.by == API]
        daily = sum(use.daily for use in asked)
        return sum(map(self._times, asked)), f"{_people(self.residents)} x {daily:.3g} requests/day x {DAYS}"

    def _invocations(self) -> tuple[float, str]:
        called = [use for use in USES if use.by != usage.IMPORT]
        daily = sum(use.daily for use in called)
        return sum(map(self._times, called)), f"{_people(self.residents)} x {daily:.3g} calls/day x {DAYS}"

    def _gateway(self) -> Iterator[Line]:
        requests, arithmetic = self._requests()
        yield Line("API Gateway", "requests", "gateway", requests / MILLION, arithmetic)
        yield Line("WAF", "requests", "firewall_request", requests / MILLION, arithmetic)

    def _functions(self) -> Iterator[Line]:
        calls, arithmetic = self._invocations()
        yield Line("Lambda", "invocations", "invocation", calls / MILLION, f"{arithmetic}, no record shares a batch")
        for use in USES:
            if use.by != usage.IMPORT:
                ms, reason = milliseconds(use, self.operations[use.operation])
                memory = memory_mb(use.by)
                arithmetic = f"{self._often(use)} x {ms:.0f} ms ({reason}) x {memory} MB"
                yield Line("Lambda", use.operation, "compute", self._times(use) * ms / 1000 * memory / 1024, arithmetic)

    def _units(self) -> Iterator[Line]:
        for kind in ("read", "write"):
            for use in USES:
                if units := getattr(self.operations[use.operation], kind):
                    arithmetic = f"{self._often(use)} x {units:g} {kind} units"
                    yield Line("DynamoDB", use.operation, kind, self._times(use) * units / MILLION, arithmetic)

    def _storage(self) -> Iterator[Line]:
        for table, each, reason in self._held():
            size, arithmetic = (
                self.residents * each / GIGABYTE,
                f"{_people(self.residents)} x {each:,.0f} bytes ({reason})",
            )
            yield Line("DynamoDB", f"{table}, stored", "storage", size, arithmetic)
            yield Line("DynamoDB", f"{table}, recoverable", "recovery", size, arithmetic)

    def _held(self) -> Iterator[tuple[str, float, str]]:
        """Bytes of each table for each resident, and why so many."""
        for table, rows in usage.STANDING.items():
            each = sum(times * self.operations[name].stored[table] for name, times in rows.items())
            yield table, each, ", ".join(f"{times:.3g} x {name}" for name, times in rows.items())
        for table in usage.GROWING:
            days = getattr(self.city.retention, table)
            daily = sum(use.daily * self.operations[use.operation].stored.get(table, 0) for use in USES)
            yield table, daily * days, f"{daily:.3g} a day x {days} days"

    def _keys(self) -> Iterator[Line]:
        for use in USES:
            if calls := self.operations[use.operation].calls.get("kms"):
                yield Line(
                    "KMS",
                    use.operation,
                    "kms",
                    self._times(use) * calls / MILLION,
                    f"{self._often(use)} x {calls} calls",
                )
        copies = self.city.capacity.concurrency.api_handler
        started = copies * 24 / PROCESS.hours * DAYS
        reason = f"{copies} copies x {24 / PROCESS.hours:g} starts/day x {DAYS}"
        yield Line("KMS", "new processes", "kms", started * PROCESS.kms / MILLION, f"{reason} x {PROCESS.kms} keys")
        renewed = 60 / usage.KEY_CACHE_MINUTES * 24 * DAYS
        asked = f"{tables()} tables x {len(FUNCTIONS)} functions x {renewed:,.0f} times"
        yield Line("KMS", "tables at rest", "kms", tables() * len(FUNCTIONS) * renewed / MILLION, asked)
        secrets = f"{reason} x {PROCESS.secrets} secrets"
        yield Line("Secrets Manager", "new processes", "secretsmanager", started * PROCESS.secrets / MILLION, secrets)

    def _logs(self) -> Iterator[Line]:
        requests, calls = self._requests()[0], self._invocations()[0]
        events = sum(self._times(use) * self.operations[use.operation].logged for use in USES)
        size = (requests * usage.ACCESS_LOG_BYTES + calls * usage.PLATFORM_LOG_BYTES + events) / GIGABYTE
        arithmetic = (
            f"{requests / MILLION:.1f} M requests x {usage.ACCESS_LOG_BYTES} bytes + {calls / MILLION:.1f} M calls x "
            f"{usage.PLATFORM_LOG_BYTES} + {events / GIGABYTE:.2f} GB of events"
        )
        yield Line("CloudWatch", "logs", "log", size, arithmetic)
        months = self.city.retention.event_log / DAYS
        kept = f"{size:,.1f} GB x {months:g} months x {usage.LOG_COMPRESSION:g} compressed"
        yield Line("CloudWatch", "logs kept", "log_kept", size * months * usage.LOG_COMPRESSION, kept)

    def _parts(self) -> Iterator[Line]:
        services = {"key": "KMS", "secret": "Secrets Manager", "firewall": "WAF", "firewall_rule": "WAF"}
        for name, count in PARTS.items():
            what = f"{name.replace('_', ' ')}s"
            yield Line(services.get(name, "CloudWatch"), what, name, count, f"{count} {what}")

    def _out(self) -> Iterator[Line]:
        uses = {use.operation: use for use in USES}
        codes, changes, reminders = (
            uses[name] for name in ("ask for a code", "a status changes in 1 book", usage.REMINDED)
        )
        alerts = self._times(changes) * usage.TOLD
        messages = self._times(codes) + alerts + self._times(reminders)
        answers = sum(
            self._times(use) * (self.operations[use.operation].answered + usage.GATEWAY_HEADER_BYTES)
            for use in USES
            if use.by == API
        )
        size = (answers + messages * usage.SMS_REQUEST_BYTES) / GIGABYTE
        arithmetic = (
            f"{answers / GIGABYTE:,.1f} GB of answers, uncompressed, + {messages / MILLION:.1f} M messages x "
            f"{usage.SMS_REQUEST_BYTES} bytes"
        )
        yield Line("Traffic", "out", "out", size, arithmetic)
        yield Line("SMS", "codes", "sms", self._times(codes), self._often(codes))
        yield Line("SMS", "alerts", "sms", alerts, f"{self._often(changes)} x {usage.TOLD:g} messages")
        yield Line("SMS", "reminders", "sms", self._times(reminders), self._often(reminders))


def milliseconds(use: Use, figures: Measured) -> tuple[float, str]:
    """What Lambda bills one run as, and how that comes about: CPU at the function's share of a vCPU, then waiting."""
    share = min(1.0, memory_mb(use.by) / usage.VCPU_MB)
    kms = figures.calls.get("kms", 0)
    parts = [(figures.cpu_ms / share, f"{figures.cpu_ms:.1f} ms CPU / {share:.2f} vCPU")]
    parts.append((figures.round_trips * usage.ROUND_TRIP_MS, f"{figures.round_trips} x {usage.ROUND_TRIP_MS:g}"))
    if kms:
        parts.append((kms * usage.KMS_MS, f"{kms} KMS x {usage.KMS_MS:g}"))
    if use.operation in usage.TEXTING:
        parts.append((usage.SMS_MS, f"{usage.SMS_MS:g} SMS"))
    return sum(ms for ms, _ in parts), " + ".join(reason for _, reason in parts)


def _people(residents: int) -> str:
    return f"{residents / MILLION:.1f} M" if residents >= MILLION / 10 else f"{residents:,}"
