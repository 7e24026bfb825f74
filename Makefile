# Anar: `make run` opens the shop, `make test` proves it. Needs Python 3.11+ only.
SHELL := /bin/sh
PORT ?=
export PORT

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& command -v "$$p" && break; done)
XDIST ?= -n 2
REPORTS ?= $(VENV)/reports
BROWSER := tests/browser

.PHONY: help run test check bench proof setup setup-dev
.DEFAULT_GOAL := help

help: ## what there is to type
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 — /p' $(firstword $(MAKEFILE_LIST))

run: setup ## open the shop at http://127.0.0.1:8000 (PORT=… changes it)
	@$(BIN)/python app.py

test: setup-dev ## run all tests, two at a time, then those that need the machine alone
	@mkdir -p $(REPORTS)
	@$(BIN)/python -m pytest $(XDIST) -m "not serial" --durations=5 \
		--junit-xml=$(REPORTS)/parallel.xml
	@$(BIN)/python -m pytest $(XDIST) --dist loadgroup -m "serial and browser" \
		--durations=5 --junit-xml=$(REPORTS)/journeys.xml tests/journeys
	@$(BIN)/python -m pytest -m "serial and not browser" --durations=5 \
		--junit-xml=$(REPORTS)/serial.xml

check: setup-dev ## format, lint, types, floors, catalogs, styles
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python app.py shop translate check
	$(BIN)/python -m pytest tests/architecture

bench: setup-dev ## measure pages, growth and memory beside the limits
	@$(BIN)/python -m tests.bench

proof: setup-dev ## the long proofs of payments: forgeries, replays, refunds, crashes
	@$(BIN)/python -m tests.proof.forgeries
	@$(BIN)/python -m tests.proof
	@CRASH_ROUNDS=3 $(BIN)/python -m pytest tests/races/test_crash_points.py

setup:
	@$(call python_needed) && $(PYTHON) shop/running/bootstrap.py $(VENV) requirements.txt

setup-dev: $(BROWSER)/node_modules/.package-lock.json
	@$(call python_needed) && $(PYTHON) shop/running/bootstrap.py $(VENV) requirements-dev.txt

# axe and the HTML checker; without npm the tests that use them are skipped.
$(BROWSER)/node_modules/.package-lock.json: $(BROWSER)/package-lock.json
	@if command -v npm >/dev/null; then \
		cd $(BROWSER) && npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json; \
	else echo "No npm here: the tests of the pages in a browser are skipped." >&2; fi

python_needed = test -n "$(PYTHON)" \
	|| { echo "The shop needs Python 3.11 or newer, and finds none; install python3." >&2; exit 1; }
