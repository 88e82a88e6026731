# Nothing but Python 3.11+ and make is needed. PYTHON picks another interpreter.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
LOCKING = uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url

.PHONY: demo test test-cluster test-pure check bench lock help

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo       build the demo base and serve it on http://127.0.0.1:8000
demo: $(VENV)/runtime
	KB_HOME=$${KB_HOME:-var/demo} $(BIN)/kb demo

## make test       run the whole suite
test: $(VENV)/development
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

## make test-cluster  tell the stories in the browser again, on PostgreSQL and Elasticsearch (see CONTRIBUTING.md)
test-cluster:
	$(MAKE) test KB_TEST_PROFILE=cluster ARGS="tests/browser/test_finding.py tests/browser/test_writing.py tests/browser/test_importing.py"

## make test-pure  run what knows engines or the segmenter again, without tantivy and rjieba
test-pure:
	$(MAKE) test VENV=.venv-pure LOCK=requirements-pure.lock KB_TEST_PURE=1

## make check      format, lint, types, import contracts, then the suite
check: $(VENV)/development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

## make bench      measure speed and relevance; see benchmarks/README.md
bench: $(VENV)/development
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.relevance
	for suite in typos codes scripts short; do $(BIN)/python -m benchmarks.relevance --suite $$suite; done
	$(BIN)/python -m benchmarks.tuning

## make lock       renew the three lock files from pyproject.toml (needs uv)
lock:
	$(LOCKING) pyproject.toml -o requirements.lock
	$(LOCKING) --extra dev pyproject.toml -o requirements-dev.lock
	$(LOCKING) --extra dev pyproject.toml --no-emit-package tantivy --no-emit-package rjieba -o requirements-pure.lock

LOCK ?= requirements-dev.lock

$(VENV)/runtime: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/development: $(LOCK) pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@
