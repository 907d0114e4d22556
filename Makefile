# The two commands of a newcomer: `make demo` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo test test-all fuzz crash storm totals check lint types imports format lock bench compatibility errors capabilities clean setup setup-dev

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(VENV)/.runtime ## What running Tieout needs, in its own .venv

setup-dev: $(VENV)/.development ## What developing and testing it needs, a browser included where it may be installed

$(VENV)/.runtime: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.lock tests/support/install_browser.sh
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	bash tests/support/install_browser.sh
	@touch $@

demo: setup ## Start Tieout with two simulated platforms and walk the whole flow (ARGS=--once stops afterwards)
	$(BIN)/tieout demo $(ARGS)

test: check ## Everything that must hold, in under ten minutes
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-all: check ## The same with the long forms: hours of random histories and of generated requests
	TIEOUT_LONG=1 TIEOUT_FUZZ_CASES=$(or $(CASES),100) $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

crash: setup-dev ## Kill workers wherever they wait, on every configuration (SEED=1 POINTS=10 for each flow, or POINTS=all)
	TIEOUT_CRASH_POINTS=$(or $(POINTS),10) TIEOUT_CRASH_SEED=$(or $(SEED),1) $(BIN)/pytest -s tests/crash/test_every_suspension.py $(if $(FLOW),-k '$(FLOW)') $(ARGS)

fuzz: setup-dev ## Call every operation with many more generated requests than `make test` does (SEED=1 CASES=300)
	TIEOUT_FUZZ_CASES=$(or $(CASES),300) TIEOUT_FUZZ_SEED=$(or $(SEED),1) $(BIN)/pytest -n 2 tests/fuzz $(ARGS)

storm: setup-dev ## Seeded histories of calls, people, faults and deaths (SEEDS=1000 FIRST=1 JOBS=2 CONFIG=sqlite|postgresql|distributed, or SEED=123 alone)
	$(BIN)/python -m tests.storm $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100) --first $(or $(FIRST),1) --jobs $(or $(JOBS),2)) --config $(or $(CONFIG),sqlite) $(ARGS)

totals: setup-dev ## Generated documents of every platform and region: one total in Tieout and in the books (SEED=1 DOCUMENTS=10000)
	TIEOUT_TOTALS=$(or $(DOCUMENTS),10000) TIEOUT_TOTALS_SEED=$(or $(SEED),1) $(BIN)/pytest -s tests/totals $(ARGS)

check: lint types imports ## Style, types, layers and sizes

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup-dev
	$(BIN)/mypy

imports: setup-dev
	$(BIN)/lint-imports --no-cache

format: setup-dev ## Put the code into its standard form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup-dev ## Print the benchmark rows that benchmarks/RESULTS.md keeps
	$(BIN)/python -m benchmarks $(ARGS)

compatibility: setup-dev ## Write into docs/monite-compatibility.md which operations are served
	$(BIN)/python -m tests.contract.list_operations

errors: setup-dev ## Write docs/errors.md anew from the explanations in the source
	$(BIN)/python -m tests.contract.list_errors

capabilities: setup-dev ## Run the provider contract, and write docs/capabilities.md from what passed
	$(BIN)/python -m tests.contract.list_capabilities

lock: setup-dev ## Resolve the dependencies anew into the hashed lock files
	$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade -q -o requirements-dev.lock

clean: ## Remove what the commands made
	rm -rf $(VENV) var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
