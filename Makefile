# make demo, make test, make check, make fix: nothing else to remember. Each sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: setup demo test check fix

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "reidtalk needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev]'
	@touch $(READY)

setup: $(READY)  ## install reidtalk and its tools into .venv

demo: $(READY)   ## from nothing to a found person: draw, train, measure, search, report
	rm -rf demo
	$(BIN)/reidtalk demo

test: $(READY)   ## all tests
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

check: $(READY)  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: $(READY)    ## mend what lint and format can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
