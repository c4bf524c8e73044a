# What a newcomer types. Everything but `setup`'s system packages stays in this folder and in the
# cache folder (REPLICATOR_CACHE; as root /var/cache/replicator, else ~/.cache/replicator).

PYTHON ?= python3
VENV ?= .venv
SEEDS ?= 1-3
FUZZ_SECONDS ?= 600
MODEL_RUNS ?= 5000
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help setup demo test test-all check bench soak clean
.DEFAULT_GOAL := help

help: ## Show these lines
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED) ## Install system packages (when it may) and a virtual environment

$(INSTALLED): requirements.lock pyproject.toml sandbox/packages.sh
	@sh sandbox/packages.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(INSTALLED) ## Migrate the demo application while it writes (DEMO_ROWS, DEMO_WRITES_PER_S, DEMO_SECONDS)
	$(BIN)/replicator sandbox demo

test: $(INSTALLED) ## Run every test that is not slow
	$(BIN)/python -m pytest

test-all: $(INSTALLED) ## Run every test, the client matrix and the kills included
	$(BIN)/python -m pytest -m "slow or not slow"

check: $(INSTALLED) ## Formatting, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED) ## Measure, with ratios to the raw path
	$(BIN)/python -m benchmarks all

soak: $(INSTALLED) ## For nights: hostile bytes (FUZZ_SECONDS), the protocol's model (MODEL_RUNS), migrations under faults (SEEDS=a-b, LONG=1)
	$(if $(filter-out 0,$(FUZZ_SECONDS)),$(BIN)/python -m sandbox.fuzzing $(FUZZ_SECONDS))
	MODEL_RUNS=$(MODEL_RUNS) $(BIN)/python -m pytest tests/model
	$(BIN)/python -m sandbox.soak $(SEEDS) $(if $(LONG),--long)

clean: ## End the sandbox of this folder and remove what was made here
	@if [ -x $(BIN)/replicator ]; then $(BIN)/replicator sandbox down; fi
	rm -rf $(VENV) .sandbox .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
