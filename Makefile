# `make run` starts the archive with its demo; `make test` runs the tests. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test check browser faults contract elasticsearch store-rs clean

run: $(STAMP)
	DANGAN_DEMO=1 $(BIN)/dangan serve

test: $(STAMP)
	$(BIN)/pytest -m "not slow and not browser and not contract"

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: $(STAMP)
	$(BIN)/pytest -m browser tests/ui

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "dangan needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "Python's venv module is missing. On Debian: apt install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded,dev]'
	@touch $@

faults: $(STAMP)
	$(BIN)/pytest -m slow tests/faults tests/house --timeout 600

elasticsearch: $(STAMP)
	bash tests/contract/elasticsearch.sh

contract: $(STAMP)
	$(BIN)/pytest -m contract tests/contract --timeout 300

store-rs: $(STAMP)
	bash tests/contract/store-rs.sh

clean:
	rm -rf $(VENV) build dist
