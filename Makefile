PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip install --disable-pip-version-check $(if $(CI),--quiet --progress-bar off) -c constraints.txt
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-slow check lint types docs bench clean

help: ## Lists these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMPS)/run ## Runs a study on real data to a verdict, a model and a report
	$(BIN)/consilience study watch --out runs/watch --overwrite
	@echo
	@echo "Open the report in a browser: $(CURDIR)/runs/watch/report.html"

test: lint ## Sets everything up and passes the tests
	@sh .ci/browser
	$(PYTEST) -q -m "not slow"

test-slow: $(STAMPS)/test ## Passes all tests, also those that take minutes
	@sh .ci/browser
	$(PYTEST) -q

check: lint types ## Style, types, layers, and the tests of the house
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/house

lint: $(STAMPS)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: $(STAMPS)/test
	$(BIN)/basedpyright --pythonpath $(BIN)/python

docs: $(STAMPS)/docs ## Builds the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(STAMPS)/bench ## Runs the benchmarks
	@for file in benchmarks/*.py; do \
		echo "== $$file"; OMP_NUM_THREADS=1 $(BIN)/python "$$file" || exit 1; \
	done

clean: ## Removes what was built; keeps .venv and runs
	rm -rf build dist site .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@sh .ci/venv "$(PYTHON)" $(VENV)

# One stamp for each set of packages, older than the files that name them when these change.
$(STAMPS)/run: EXTRAS :=
$(STAMPS)/test: EXTRAS := [test,check]
$(STAMPS)/docs: EXTRAS := [docs]
$(STAMPS)/bench: EXTRAS := [test,bench]
$(STAMPS)/run $(STAMPS)/test $(STAMPS)/docs $(STAMPS)/bench: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing consilience$(EXTRAS) into $(VENV); the first time this takes a few minutes."
	$(PIP) -e ".$(EXTRAS)"
	@mkdir -p $(STAMPS)
	@touch $@
