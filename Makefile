# `make run` starts the archive with its demo; `make test` runs the tests. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test check browser messages pictures faults walks cluster soak bench-elasticsearch contract elasticsearch store-rs compose image secrets clean

run: $(STAMP)
	DANGAN_DEMO=1 $(BIN)/dangan serve

test: $(STAMP)
	$(BIN)/pytest -n auto -m "not slow and not browser and not contract and not cluster"

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

messages: $(STAMP)
	$(BIN)/python -m tests.house.messages

pictures: $(STAMP)
	$(BIN)/python -m tests.ui.pictures

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
	$(BIN)/pytest -m slow tests/faults tests/house tests/demo --timeout 600

walks: $(STAMP)
	$(BIN)/pytest -n auto -m slow tests/care tests/circulation tests/intake tests/records tests/scans --timeout 900

elasticsearch: $(STAMP)
	bash tests/contract/elasticsearch.sh

cluster: $(STAMP)
	$(BIN)/pytest -m cluster tests/cluster/test_cluster.py --timeout 300

soak: $(STAMP)
	$(BIN)/pytest -m cluster tests/cluster/test_soak.py --timeout 900 -rA

bench-elasticsearch: $(STAMP)
	$(BIN)/python -m tests.contract.server $(BIN)/dangan bench --engine elasticsearch search $(BENCH)

contract: $(STAMP)
	$(BIN)/pytest -m contract tests/contract --timeout 300

# The passwords and keys that docker-compose.yml reads, made once. The folder is closed; its files are readable, because
# a container's user, who is somebody else, reads them.
secrets:
	@mkdir -p -m 0700 secrets
	@for name in mongodb_root_password elasticsearch_root_password dangan_mongodb_password \
	    dangan_elasticsearch_password dangan_smtp_password mongodb_key archive_master_key; do \
	  test -e secrets/$$name || case $$name in \
	    dangan_smtp_password) : >secrets/$$name;; \
	    mongodb_key) head -c 567 /dev/urandom | base64 -w0 >secrets/$$name;; \
	    archive_master_key) head -c 96 /dev/urandom >secrets/$$name;; \
	    *) head -c 24 /dev/urandom | base64 -w0 | tr '+/' '-_' >secrets/$$name;; \
	  esac; \
	done
	@chmod 0444 secrets/*
	@echo "secrets/ is complete. Keep a copy of secrets/archive_master_key in another place: without it nobody can read the archive."

compose: $(STAMP)
	bash tests/contract/compose.sh

image: $(STAMP)
	$(BIN)/python -m tests.contract.image

store-rs: $(STAMP)
	bash tests/contract/store-rs.sh

clean:
	rm -rf $(VENV) build dist
