# make deck   the deck, from nothing: build/torch-autograd.apkg
# make test   everything that must hold: lint, types, import contract, tests
#
# PyPI's torch for Linux is a CUDA build of several gigabytes. To take PyTorch's small CPU build instead:
#   make deck TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
# The constraints hold for build back ends too, so they travel in the environment.
PIP := PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(if $(TORCH_INDEX),PIP_EXTRA_INDEX_URL=$(TORCH_INDEX)) \
	$(BIN)/python -m pip install --quiet --progress-bar off

.PHONY: deck check test lint types imports unit browser bench format clean

deck: $(VENV)/.deck
	$(BIN)/deckgen build cards

check: $(VENV)/.deck
	$(BIN)/deckgen check cards

test: $(VENV)/.test browser lint types imports unit

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

imports: $(VENV)/.test
	$(BIN)/lint-imports

unit: $(VENV)/.test
	$(BIN)/pytest

# Tests of cards in a real browser need chromium, those of the sandbox need bubblewrap. Where they can't be had, the tests
# that need them are marked skipped and this says so.
browser:
	@tests/system-packages

bench: $(VENV)/.bench
	$(BIN)/python benchmarks/execution.py

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) cards/.deckgen build/*.apkg

$(VENV)/.python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.deck: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing deckgen, torch and matplotlib into $(VENV) (a few minutes the first time) ..."
	$(PIP) -e '.[torch,plots]'
	@touch $@

$(VENV)/.test: $(VENV)/.deck
	@echo "Installing what the tests need into $(VENV) ..."
	$(PIP) -e '.[torch,plots,test]'
	@touch $@

$(VENV)/.bench: $(VENV)/.deck
	$(PIP) -e '.[torch,plots,bench]'
	@touch $@
