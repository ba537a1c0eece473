"""What `make synth`, `diff`, `deploy` and `destroy` run, with templates that nobody makes and a CDK tool that only records."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from chalicelib.core.city import load_city
from infra.cdk import main as commands
from infra.cdk.main import TOOL, USAGE, main

STUB = """#!/bin/sh
printf '%s\\n' "$PWD" "$@" > "$(dirname "$0")/called"
env > "$(dirname "$0")/environment"
exit {status}
"""


@dataclass
class Machine:
    """A checkout and an environment of their own."""

    root: Path
    prefix: Path
    made: list[str] = field(default_factory=list)

    def tool_exits(self, status: int) -> None:
        """Put a tool there that does nothing but write down how it was called."""
        npx = self.prefix / "bin" / "npx"
        npx.parent.mkdir(exist_ok=True, parents=True)
        npx.write_text(STUB.format(status=status))
        npx.chmod(0o755)

    @property
    def called(self) -> list[str]:
        """Where and with which arguments the tool ran; nothing if it did not."""
        path = self.prefix / "bin" / "called"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    root, prefix = tmp_path / "root", tmp_path / "venv"
    root.mkdir()
    found = Machine(root, prefix)
    found.tool_exits(0)
    (root / ".python-version").write_text(f"{sys.version_info.major}.{sys.version_info.minor}\n")

    def synthesize(name: str) -> Path:
        found.made.append(name)
        return Path("cdk.out", name).resolve()

    monkeypatch.setitem(sys.modules, "infra.cdk.app", SimpleNamespace(synthesize=synthesize))
    monkeypatch.setattr(commands, "ROOT", root)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setenv("CITY", "linyi")
    return found


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Lets the operator type something, or have nowhere to type."""

    def answer(text: str | None) -> None:
        def asked(_: str) -> str:
            if text is None:
                raise EOFError
            return text

        monkeypatch.setattr("builtins.input", asked)

    return answer


def command(*words: str) -> list[str]:
    """How the tool is called for Linyi."""
    return ["--yes", TOOL, *words, "--app", "cdk.out/linyi"]


@pytest.mark.parametrize("arguments", [[], ["plan"], ["synth", "deploy"], ["--help"], [""]])
def test_a_command_that_there_is_not_is_refused(
    machine: Machine, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.strip() == USAGE
    assert machine.made == machine.called == []


@pytest.mark.parametrize("city", ["", None])
def test_a_command_without_city_is_refused(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], city: str | None
) -> None:
    if city is None:
        monkeypatch.delenv("CITY")
    else:
        monkeypatch.setenv("CITY", city)

    assert main(["synth"]) == 2
    assert capsys.readouterr().err.strip() == USAGE
    assert machine.made == []


@pytest.mark.parametrize("name", ["synth", "diff", "deploy", "destroy"])
@pytest.mark.parametrize("city", ["atlantis", "../cities/linyi", "LINYI"])
def test_a_city_without_file_is_refused_with_those_that_there_are(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, city: str
) -> None:
    monkeypatch.setenv("CITY", city)

    assert main([name]) == 1
    assert "there are beijing, demo, huian, linyi, maoming" in capsys.readouterr().err
    assert machine.made == machine.called == []


def test_synth_says_where_the_templates_are(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth"]) == 0
    assert capsys.readouterr().out == "linyi: cdk.out/linyi\n"
    assert (machine.made, machine.called) == (["linyi"], [])


@pytest.mark.parametrize("status", [0, 1])
def test_diff_shows_all_stacks_and_ends_as_the_tool_does(machine: Machine, status: int) -> None:
    machine.tool_exits(status)

    assert main(["diff"]) == status
    assert machine.made == ["linyi"]
    assert machine.called == [str(machine.root), *command("diff")]


@pytest.mark.parametrize("status", [0, 1])
def test_deploy_asks_for_every_change_and_ends_as_the_tool_does(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    machine.tool_exits(status)
    monkeypatch.setenv("CITY", "demo")

    assert main(["deploy"]) == status
    assert machine.made == ["demo"]
    wanted = ["--yes", TOOL, "deploy", "--all", "--require-approval", "any-change", "--app", "cdk.out/demo"]
    assert machine.called[1:] == wanted


def test_a_city_whose_file_leaves_addresses_open_is_not_deployed(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deploy"]) == 1
    told = capsys.readouterr().err
    assert "public_url still is https://fangyi.linyi.example" in told
    assert "sms.gateway_url still is https://sms.linyi.example" in told
    assert machine.made == machine.called == []


def test_cities_that_ask_for_more_than_the_account_has_are_synthesised_with_a_word_and_not_deployed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "all_cities", lambda: [load_city("linyi")] * 9)
    assert main(["synth"]) == 0
    assert "reserved concurrency" in capsys.readouterr().err

    monkeypatch.setenv("CITY", "demo")
    machine.made.clear()
    assert main(["deploy"]) == 1
    assert "reserved concurrency" in capsys.readouterr().err
    assert machine.made == machine.called == []


@pytest.mark.parametrize("name", sorted(commands.COMMANDS))
def test_a_region_that_aws_has_not_is_refused(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    elsewhere = load_city("demo").model_copy(update={"region": "cn-north-9"})
    monkeypatch.setattr(commands, "load_city", lambda _: elsewhere)
    assert main([name]) == 1
    assert "region: AWS has no region cn-north-9" in capsys.readouterr().err
    assert machine.made == machine.called == []


def test_the_tool_goes_to_aws_whatever_the_shell_says_of_endpoints(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell of somebody who just filled a city on this machine; its emulator would answer for AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:4566")
    assert main(["diff"]) == 0
    told = (machine.prefix / "bin" / "environment").read_text()
    assert "AWS_ENDPOINT_URL" not in told
    assert "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true" in told


def test_another_python_than_the_cities_run_deploys_nothing(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine.root / ".python-version").write_text("3.99\n")

    assert main(["deploy"]) == 1
    told = capsys.readouterr().err
    assert "cities run 3.99" in told
    assert f"this is {sys.version_info.major}.{sys.version_info.minor}" in told
    assert "make PYTHON=python3.99 synth" in told
    assert machine.made == machine.called == []


@pytest.mark.parametrize("typed", ["beijing", "", "yes", "LINYI", "linyi-data", None])
def test_destroy_does_nothing_unless_the_city_s_name_is_typed(
    machine: Machine, types: Callable[[str | None], None], capsys: pytest.CaptureFixture[str], typed: str | None
) -> None:
    types(typed)

    assert main(["destroy"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("This stops linyi in cn-north-1: ")
    assert told.endswith("Nothing was done.\n")
    assert machine.made == machine.called == []


def test_destroy_removes_what_serves_and_neither_what_is_kept_nor_what_is_shared(
    machine: Machine, types: Callable[[str | None], None]
) -> None:
    types(" linyi ")

    assert main(["destroy"]) == 0
    assert machine.called[1:] == command("destroy", "City", "--force", "--exclusively")


def test_nobody_at_the_terminal_destroys_nothing() -> None:
    run = [sys.executable, "-m", "infra.cdk", "destroy"]
    done = subprocess.run(
        run, check=False, env={"CITY": "linyi"}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("Nothing was done.\n")


def test_the_makefile_calls_each_command_for_its_city() -> None:
    for name in commands.COMMANDS:
        done = subprocess.run(["make", "-n", name, "CITY=linyi"], check=True, capture_output=True, text=True)
        assert f'CITY="linyi" exec .venv/bin/python -m infra.cdk {name}' in done.stdout


def test_the_makefile_reaches_no_city_that_nobody_named() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CITY"}
    for name in commands.COMMANDS:
        done = subprocess.run(["make", "-n", name], check=True, capture_output=True, text=True, env=environment)
        assert f'CITY="" exec .venv/bin/python -m infra.cdk {name}' in done.stdout


def test_the_tool_s_version_is_the_one_that_the_runbook_says() -> None:
    assert TOOL in Path("docs/operations.md").read_text(encoding="utf-8")
