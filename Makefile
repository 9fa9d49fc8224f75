# make run    a served forum that holds the seed thread       make test   the whole suite
# make check  format, lint, types, imports                    make bench  measures (tests/bench)
# make bench-quick  has a page become twice as slow? (about two minutes, docs/performance.md)
HOST ?= 127.0.0.1
PORT ?= 8000
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-quick check bench bench-quick lock browser wrk clean

run: $(VENV)/.runtime
	@exec $(BIN)/python -m flask --app app serve --host $(HOST) --port $(PORT)

test: $(VENV)/.development browser check
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

# One database, no browser: for while you type.
test-quick: $(VENV)/.development
	TEST_BACKENDS=sqlite $(BIN)/python -m pytest -q -m "not browser" $(ARGS)

check: $(VENV)/.development
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/.development wrk
	$(BIN)/python -m tests.bench $(ARGS)

bench-quick: $(VENV)/.development wrk
	@if command -v wrk >/dev/null; then $(BIN)/python -m tests.bench --quick $(ARGS); \
		else echo "!!! No wrk here and no apt to install it with: nobody knows whether a page has become slow !!!"; \
		test -z "$$CI"; fi

# The stories run in a real Chromium; where it is missing and apt is there, it is installed.
browser:
	@command -v chromium >/dev/null || { command -v apt-get >/dev/null && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; } \
		|| echo "!!! No Chromium here and no apt to install it with: the browser stories will be skipped !!!"

# What drives the measures.
wrk:
	@command -v wrk >/dev/null || { command -v apt-get >/dev/null && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq wrk >/dev/null; } \
		|| echo "!!! No wrk here and no apt to install it with !!!"

lock:
	uv pip compile pyproject.toml --generate-hashes --python-version 3.11 -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 -q -o requirements-dev.lock

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.development: requirements-dev.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.runtime

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
