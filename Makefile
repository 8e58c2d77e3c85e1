# Everything a person or a machine does with this checkout. `make help` lists it.
# Compiled bytecode halves the start-up of every command below, so an environment that forbids it is overruled here.
unexport PYTHONDONTWRITEBYTECODE
SHELL := /bin/bash
.DEFAULT_GOAL := help

PORT ?= 8000
export PORT
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -q
# Tests run beside each other on two cores, journeys by the file. WORKERS=0 switches that off.
WORKERS ?= 2
# The size of make bench: county, city, nation.
SCALE ?= county
# Other tests to run: make test-sqlite TESTS="tests/kernel -x"
TESTS ?= tests --ignore=tests/journeys

.PHONY: bench burden drill drill-hostile help setup dev-setup packages demo serve test lint templates types contracts migrations test-sqlite test-postgres journeys fix lock clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv with the pinned, hashed requirements and the command .venv/bin/zhibu
	@scripts/setup.sh prod

dev-setup: ## the same, and the tools that make test needs
	@scripts/setup.sh dev

packages: ## look for PostgreSQL, Chromium and Chinese fonts; as root on Debian install what is missing
	@scripts/packages.sh

demo: setup ## rebuild the demo county and serve it on 127.0.0.1:$PORT
	@$(BIN)/zhibu demo

serve: setup ## serve the existing data on 127.0.0.1:$PORT
	@$(BIN)/zhibu serve

test: ## everything the CI runs: installs what it needs, then each step below
	@scripts/test.sh

lint: dev-setup ## ruff over all Python
	$(BIN)/ruff check .

templates: dev-setup ## djlint over the page templates
	$(BIN)/djlint --lint --quiet src/zhibu/web/templates

types: dev-setup ## mypy, strict, on kernel, ground, areas, exchange
	scripts/scratch.sh $(BIN)/mypy

contracts: dev-setup ## import-linter: floors, rooms, pure rules
	$(BIN)/lint-imports

migrations: dev-setup ## every change of a model has its migration
	scripts/scratch.sh $(BIN)/python -m django makemigrations --check --dry-run

test-sqlite: dev-setup ## all tests but the journeys, on SQLite
	scripts/scratch.sh env -u DATABASE_URL ZHIBU_TEST_VENDOR=sqlite $(PYTEST) -n $(WORKERS) $(TESTS)

test-postgres: dev-setup ## what may depend on the database, on a private PostgreSQL server whose databases sort by zh ICU collation
	scripts/scratch.sh $(BIN)/python scripts/private_postgres.py env ZHIBU_TEST_VENDOR=postgresql $(PYTEST) -n $(WORKERS) $(TESTS)

journeys: dev-setup ## the stories of tests/journeys in Chromium, the longest file (the first by name) first
	scripts/scratch.sh env -u DATABASE_URL $(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests/journeys

bench: dev-setup ## figures and ratios of speed, both sides in one run, nothing asserted; SCALE=county (minutes), city (PostgreSQL) or nation
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/bench.in
	$(if $(filter city,$(SCALE)),$(BIN)/python scripts/private_postgres.py) $(BIN)/python -W ignore -m bench $(SCALE)

drill: dev-setup ## back up a working installation, restore it into an empty place, compare (SQLite, and PostgreSQL when there is one)
	env -u DATABASE_URL $(BIN)/python scripts/drill.py
	@if $(BIN)/python scripts/private_postgres.py --find >/dev/null 2>&1; then $(BIN)/python scripts/private_postgres.py $(BIN)/python scripts/drill.py; \
	else echo "drill on PostgreSQL skipped: no PostgreSQL 15 or later"; fi

drill-hostile: dev-setup ## hostile files with their seconds and memory, 50 identical posts at once of every form, 20 times kill -9 under recordings (both databases)
	scripts/scratch.sh env -u DATABASE_URL $(BIN)/python -m tests.hostile.table
	scripts/scratch.sh env -u DATABASE_URL ZHIBU_AT_ONCE=50 $(PYTEST) tests/hostile/test_sent_once.py
	env -u DATABASE_URL $(BIN)/python -m tests.hostile.killed_server 20
	env -u DATABASE_URL $(BIN)/python -m tests.hostile.killed_payment 20
	@if $(BIN)/python scripts/private_postgres.py --find >/dev/null 2>&1; then \
	scripts/scratch.sh $(BIN)/python scripts/private_postgres.py env ZHIBU_TEST_VENDOR=postgresql ZHIBU_AT_ONCE=50 $(PYTEST) tests/hostile/test_sent_once.py && \
	$(BIN)/python scripts/private_postgres.py $(BIN)/python -m tests.hostile.killed_server 20 && \
	$(BIN)/python scripts/private_postgres.py $(BIN)/python -m tests.hostile.killed_payment 20; \
	else echo "drill on PostgreSQL skipped: no PostgreSQL 15 or later"; fi

burden: dev-setup ## the month of a branch of 20 members on a phone: minutes, taps, typed fields
	scripts/scratch.sh env -u DATABASE_URL $(PYTEST) tests/journeys/test_burden.py -s

fix: dev-setup ## let ruff repair what it can
	$(BIN)/ruff check --fix .

lock: dev-setup ## for maintainers: write requirements/*.txt anew from *.in (fetches uv; nobody else needs it)
	@scripts/lock.sh

clean: ## remove .venv and caches; data in var/ stay
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis build src/*.egg-info
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
