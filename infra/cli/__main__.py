"""`python -m infra.cli`."""

from infra.cli.main import app

app(prog_name="python -m infra.cli")
