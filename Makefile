# `make help` lists what there is. Whatever comes first makes .venv, development tools included.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.SUFFIXES:

PORT ?= 8000
AWS_PORT ?= 4566
CITY ?= demo
# Compiled modules are kept, also where a shell or an image says otherwise: tests, the local city and the CDK start Python
# by the hundred, and compiling what they import takes longer than all else that such a process does. They lie apart, for
# Chalice takes each file in chalicelib for source: with one that is new it installs all requirements anew.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/python
# What is synthesised or deployed is named each time: a command that forgets it must not reach another city.
NAMED_CITY = $(if $(filter file,$(origin CITY)),,$(CITY))
WORKERS ?= 2
SECONDS ?= 20

VENV := .venv/.made
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate

# Every line and branch of these has a test; all else has at least the share that pyproject.toml asks for.
# The test target needs each of them, so a file that is renamed does not leave this list in silence.
WHOLLY_COVERED := chalicelib/core/crypto.py chalicelib/core/tokens.py chalicelib/people/service/codes.py \
	chalicelib/groups/codes.py chalicelib/groups/consents.py
COMMA := ,
SPACE := $() $()

$(VENV): requirements-dev.txt
	@PYTHON="$(PYTHON)" bash infra/make_venv.sh

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV) ## Run a city on this machine until Ctrl-C (PORT=8000 AWS_PORT=4566 CITY=demo SOURCE=registry|http)
	@PORT="$(PORT)" AWS_PORT="$(AWS_PORT)" CITY="$(CITY)" SOURCE="$(SOURCE)" exec $(BIN)/python -m infra.local

.PHONY: lint
lint: $(VENV) ## Check style, types and import rules
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy --num-workers $(WORKERS)
	$(BIN)/lint-imports --no-logo

.PHONY: check
check: lint ## Check what can be checked in a minute: lint, unit and architecture tests
	$(BIN)/python -m pytest -n $(WORKERS) tests/unit tests/architecture

.PHONY: test
test: $(WHOLLY_COVERED) lint ## Check everything, as CI does
	$(BIN)/python -m infra.openapi --check
	COVERAGE_CORE=$$($(BIN)/python -c "import sys; print('sysmon' if sys.version_info >= (3, 12) else 'ctrace')") \
		$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report term
	@table=$$($(BIN)/coverage report --include "$(subst $(SPACE),$(COMMA),$(WHOLLY_COVERED))" --fail-under 100) \
		|| { echo "$$table"; exit 1; }

.PHONY: bench
bench: $(VENV) ## Measure the budgets of the design
	@exec $(BIN)/python -m bench

.PHONY: load
load: $(VENV) ## Scan places as fast as this machine goes, for SECONDS=20 (60 at most), and look for every visit
	@exec $(BIN)/python -m bench.load --seconds "$(SECONDS)"

.PHONY: costs
costs: $(VENV) ## Say what a city costs a month, with the arithmetic
	@exec $(BIN)/python -m infra.cli costs

.PHONY: rehearse
rehearse: $(VENV) ## Deploy two cities to an emulator and use them through their gateways
	$(BIN)/python -m pytest -n 1 tests/rehearsal

.PHONY: synth
synth: $(VENV) ## Write the templates and the package of a city to cdk.out (CITY=linyi)
	@CITY="$(NAMED_CITY)" exec $(BIN)/python -m infra.cdk synth

.PHONY: diff
diff: $(VENV) ## Show how a city would change (CITY=linyi)
	@CITY="$(NAMED_CITY)" exec $(BIN)/python -m infra.cdk diff

.PHONY: deploy
deploy: $(VENV) ## Deploy a city to AWS (CITY=linyi)
	@CITY="$(NAMED_CITY)" exec $(BIN)/python -m infra.cdk deploy

.PHONY: destroy
destroy: $(VENV) ## Stop serving a city; asks first, and keeps its data (CITY=linyi)
	@CITY="$(NAMED_CITY)" exec $(BIN)/python -m infra.cdk destroy

.PHONY: openapi
openapi: $(VENV) ## Write chalicelib/webapp/openapi.json from the code
	$(BIN)/python -m infra.openapi

.PHONY: freeze
freeze: $(VENV) ## Pin requirements*.in into requirements*.txt (newer versions: UPGRADE=--upgrade)
	$(COMPILE) $(UPGRADE) requirements.in -o requirements.txt
	$(COMPILE) $(UPGRADE) requirements-dev.in -o requirements-dev.txt

.PHONY: format
format: $(VENV) ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: clean
clean: ## Forget the local city and whatever tools left, but not .venv
	@for lock in .local/*.lock; do \
		if [[ -e $$lock ]] && command -v flock >/dev/null && ! flock -n "$$lock" true; then \
			echo "A city runs from $${lock%.lock}: stop it first." >&2; exit 1; \
		fi; \
	done
	rm -rf .cache/python .local* .chalice/deployments cdk.out chalice.out htmlcov .coverage .coverage.* .hypothesis .schemathesis
	rm -rf .import_linter_cache .grimp_cache .mypy_cache .pytest_cache .ruff_cache
	find . -path ./.venv -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
