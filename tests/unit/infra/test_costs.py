"""What a city costs: the arithmetic by hand, the command, and the document that quotes it."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli.costing import SIZES
from infra.cli.main import app
from infra.costs import measured as measured_module
from infra.costs.bill import Bill, Line, bill, milliseconds
from infra.costs.measured import Measured, UnusableFigures, measured
from infra.costs.parts import memory_mb
from infra.costs.prices import CHINA_LIST, US_LIST, Assumptions, PriceList, UnknownRegion, price_list
from infra.costs.report import by_service
from infra.costs.usage import IMPORT, USES, Use

USD = price_list("us-east-1", Assumptions())
DOCUMENT = Path("docs/operations.md")


def of(residents: int, prices: PriceList = USD) -> Bill:
    """The bill of a city."""
    return bill(residents, measured(), prices)


def line(made: Bill, service: str, what: str, price: str) -> Line:
    """The one line that is for this."""
    (found,) = [one for one in made.lines if (one.service, one.what, one.price) == (service, what, price)]
    return found


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["costs", *arguments], env={"CITY": None, "AWS_ENDPOINT_URL": None})
    return result.exit_code, result.output


class TestArithmetic:
    def test_a_line_by_hand(self) -> None:
        written = line(of(3_000_000), "DynamoDB", "ask for a code", "write")

        # 3 million people, 1.2 codes in 30 days each, 30 days, 10 units: 36 million units at 0.625 USD a million
        assert written.quantity == pytest.approx(36.0)
        assert written.amount(USD) == pytest.approx(22.5)
        assert written.arithmetic == "3.0 M x 0.04/day x 30 x 10 write units"

    def test_a_function_is_billed_for_its_cpu_and_its_waits(self) -> None:
        figures = Measured(2, 10, 3, {"dynamodb": 3, "kms": 1}, {}, 0, 0, cpu_ms=10.0)

        ms, reason = milliseconds(Use("log in", 1, ""), figures)

        # 1,024 MB are 0.579 of the vCPU that 1,769 MB get; then three trips of 5 ms, and 10 ms for KMS
        assert ms == pytest.approx(10 * 1769 / 1024 + 15 + 10)
        assert reason == "10.0 ms CPU / 0.58 vCPU + 3 x 5 + 1 KMS x 10"
        for texting in ("ask for a code", "a member is reminded"):
            assert milliseconds(Use(texting, 1, ""), figures)[0] == pytest.approx(ms + 300)

    def test_compute_is_time_and_memory(self) -> None:
        figures = {**measured(), "join": replace(measured()["join"], cpu_ms=0.0, round_trips=20, calls={})}
        made = bill(365_000, figures, USD)

        # 30,000 joins a month of 100 ms at 1,024 MB
        assert line(made, "Lambda", "join", "compute").quantity == pytest.approx(3_000)

    def test_a_table_that_grows_is_reckoned_full(self) -> None:
        pages = measured()["disclose 50 members"].stored["access_log"] * 22 / 30 / 50

        assert line(of(1_000_000), "DynamoDB", "access_log, stored", "storage").quantity == pytest.approx(
            1_000_000 * pages * 1096 / 10**9
        )

    def test_the_total_is_what_the_lines_add_up_to(self) -> None:
        made = of(5_000_000)

        assert made.total == pytest.approx(sum(one.quantity * USD.of(one.price) for one in made.lines))
        assert made.total == pytest.approx(sum(by_service(made).values()))
        assert made.per_resident == pytest.approx(made.total / 5_000_000)

    def test_a_larger_city_is_never_cheaper_and_its_residents_never_dearer(self) -> None:
        bills = [of(residents) for residents in (1, 1_000, 100_000, *SIZES)]

        for small, large in pairwise(bills):
            assert large.total > small.total
            assert large.per_resident < small.per_resident
            assert all(a.quantity <= b.quantity for a, b in zip(small.lines, large.lines, strict=True))

    def test_nobody_at_all_is_no_city(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            of(0)


class TestPrices:
    def test_every_price_has_its_page_and_day_and_is_used(self) -> None:
        used = {one.price for one in of(1_000_000).lines}

        assert used == {*US_LIST, "sms"}
        assert CHINA_LIST.keys() <= US_LIST.keys()
        assert all(price.amount > 0 and price.page and price.day for price in (*US_LIST.values(), *CHINA_LIST.values()))

    def test_a_china_region_is_in_its_own_money(self) -> None:
        china = price_list("cn-north-1", Assumptions(sms_cny=0.05, cny_per_usd=7.0, china_factor=1.5))

        assert china.of("write") == 11.1538  # known
        assert china.of("gateway") == pytest.approx(3.50 * 7.0 * 1.5)  # not known
        assert china.of("sms") == 0.05
        assert china.source("write").startswith("dynamodb/pricing, a copy of the page")
        assert china.source("gateway") == "api-gateway/pricing (REST APIs), 2025-01-01"
        assert china.source("sms") == "assumed"
        assert "0.05 CNY for a text message" in china.basis
        assert price_list("us-east-1", Assumptions(sms_cny=0.05, cny_per_usd=7.0)).of("sms") == pytest.approx(0.05 / 7)

    def test_an_unknown_region_is_refused_by_name(self) -> None:
        with pytest.raises(UnknownRegion, match="eu-west-9; there are cn-north-1, us-east-1"):
            price_list("eu-west-9", Assumptions())


class TestUsage:
    def test_every_use_has_a_reason_and_somebody_who_does_it(self) -> None:
        assert all(use.reason and 0 < use.daily < 3 for use in USES)
        by = {
            "api_handler",
            "ledger_stream",
            "members_stream",
            "people_stream",
            "registry_stream",
            "reminders_worker",
            "worker",
            "sync_worker",
            IMPORT,
        }
        assert {use.by for use in USES} == by
        assert memory_mb("api_handler") == memory_mb("ledger_stream") == 1024

    def test_figures_that_are_not_there_are_said_to_be_missing(self, tmp_path: Path) -> None:
        file = tmp_path / "measured.json"
        with pytest.raises(UnusableFigures, match="can't be read; `python -m bench --write`"):
            measured(file)
        for broken in ("{", "[]", '{"join": {"read": 1}}'):
            file.write_text(broken)
            with pytest.raises(UnusableFigures, match="can't be read"):
                measured(file)
        whole: dict[str, Any] = json.loads(measured_module.FILE.read_text())
        del whole["join"]
        file.write_text(json.dumps(whole))
        with pytest.raises(UnusableFigures, match="lacks join"):
            measured(file)


class TestCommand:
    def test_it_prints_every_line_and_the_total_of_three_sizes(self) -> None:
        code, text = run()

        assert code == 0
        for size in SIZES:
            assert f"A month of a city of {size:,} residents, CNY" in text
            assert f"{of(size, price_list('cn-north-1', Assumptions())).total:,.2f}" in text
        assert "12.0 M x 0.04/day x 30 x 10 write units" in text.replace("\n", " ")

    def test_programs_get_the_same_as_json(self) -> None:
        code, text = run("--json", "--residents", "11_000_000", "--region", "us-east-1")
        (city,) = json.loads(text)["cities"]

        assert code == 0
        assert city["total"] == pytest.approx(of(11_000_000).total, abs=0.01)
        assert city["currency"] == "USD"
        assert sum(one["amount"] for one in city["lines"]) == pytest.approx(
            city["total"], abs=0.01 * len(city["lines"])
        )

    def test_what_is_assumed_can_be_changed(self) -> None:
        cheap, dear = (json.loads(run("--json", "--residents", "1000000", "--sms-cny", one)[1]) for one in ("0", "0.1"))
        messages = 1.2 + 2 / 365 * 30 * 0.75 + 30 / 100  # codes, alerts of a change of status, reminders

        assert dear["cities"][0]["total"] - cheap["cities"][0]["total"] == pytest.approx(
            1_000_000 * messages * 0.1, abs=0.1
        )

    def test_what_is_not_known_of_china_can_be_made_dearer(self) -> None:
        bills = [json.loads(run("--json", "--residents", "5000000", "--china-factor", one)[1]) for one in ("1", "2")]
        (once, twice) = ({line["what"]: line for line in one["cities"][0]["lines"]} for one in bills)

        assert twice["out"]["unit_price"] == pytest.approx(2 * once["out"]["unit_price"])
        assert twice["a fact is shown"] == once["a fact is shown"]  # writes are on the list

    @pytest.mark.parametrize("residents", ["0", "-5", "1.5", "many", "", "１２", "100000001", "9" * 5000])
    def test_a_size_that_no_city_has_is_refused(self, residents: str) -> None:
        assert run(f"--residents={residents}") == (
            2,
            "--residents takes a whole number from 1 to 100,000,000, as 5000000.\n",
        )

    def test_an_unknown_region_is_refused(self) -> None:
        assert run("--region", "mars-1") == (
            2,
            "No prices are known for region mars-1; there are cn-north-1, us-east-1.\n",
        )

    def test_a_price_is_a_number(self) -> None:
        assert run("--sms-cny", "inf") == (2, "Prices and factors are numbers, as 0.045.\n")
        assert {run("--sms-cny", price)[0] for price in ("nan", "-1", "much")} == {2}
        assert run("--china-factor", "0")[0] == run("--china-factor", "nan")[0] == 2

    def test_figures_that_are_not_there_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unusable() -> dict[str, Measured]:
            raise UnusableFigures("measured.json can't be read")

        monkeypatch.setattr("infra.cli.costing.measured", unusable)
        assert run() == (2, "measured.json can't be read\n")


def test_the_document_says_what_the_command_says() -> None:
    bills = [of(size, price_list("cn-north-1", Assumptions())) for size in SIZES]
    rows = [["", *(f"{one.residents:,} residents" for one in bills)]]
    rows += [[name, *(f"{by_service(one)[name]:,.0f}" for one in bills)] for name in by_service(bills[0])]
    rows.append(["**total**", *(f"**{one.total:,.0f}**" for one in bills)])
    rows.append(["per resident", *(f"{one.per_resident:.4f}" for one in bills)])
    text = DOCUMENT.read_text(encoding="utf-8")

    assert [row for row in rows if f"| {' | '.join(row)} |".replace("|  |", "| |") not in text] == []
