# The four commands a newcomer needs: make demo, make test, make check, make bench.
PYTHON ?= python3.11
VENVS ?= .
VERSIONS ?= 3.12 3.13
CORE := $(VENVS)/.venv
TRAIN := $(VENVS)/.venv-train
INSTALL_INPUTS := pyproject.toml scripts/install

.PHONY: help demo test test-core test-train test-versions check format docs bench clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    train the embedded 135M model on synthetic data and score it"
	@echo "make test    run every test"
	@echo "make check   run what CI runs: format, lint, types, floors, tests"
	@echo "make bench   measure against what users would use instead"

$(CORE)/installed: $(INSTALL_INPUTS)
	@echo "Setting up $(CORE) ..."
	@$(PYTHON) -m venv $(CORE)
	@scripts/install $(CORE)/bin/python dev
	@touch $@

$(TRAIN)/installed: $(INSTALL_INPUTS)
	@echo "Setting up $(TRAIN) with PyTorch and LLaMA-Factory (about 8 GB, some minutes) ..."
	@$(PYTHON) -m venv $(TRAIN)
	@scripts/install $(TRAIN)/bin/python dev-train
	@touch $@

demo: $(TRAIN)/installed
	$(TRAIN)/bin/pii-sft demo

test: test-core test-train

test-core: $(CORE)/installed
	$(CORE)/bin/python -m pytest -m "not train" -n 2 -q

test-train: $(TRAIN)/installed
	OMP_NUM_THREADS=1 $(TRAIN)/bin/python -m pytest -m train -n 2 --dist loadfile -q

test-versions:
	@for version in $(VERSIONS); do \
	  python$$version -c "" 2>/dev/null || { echo "python$$version is not here: skipped"; continue; }; \
	  venv=$(VENVS)/.venv-$$version; \
	  if [ ! -e $$venv/installed ]; then \
	    python$$version -m venv $$venv && scripts/install $$venv/bin/python dev && touch $$venv/installed || exit 1; \
	  fi; \
	  $$venv/bin/python -m pytest -n 2 -q tests/converters tests/targets tests/align || exit 1; \
	done

check: $(CORE)/installed
	$(CORE)/bin/ruff format --check .
	$(CORE)/bin/ruff check .
	$(CORE)/bin/mypy
	$(CORE)/bin/lint-imports
	$(CORE)/bin/python scripts/untested
	$(MAKE) test

format: $(CORE)/installed
	$(CORE)/bin/ruff format .
	$(CORE)/bin/ruff check --fix .

docs: $(CORE)/installed
	$(CORE)/bin/python scripts/document

bench: $(CORE)/installed
	$(CORE)/bin/python -m pip install --quiet nervaluate seqeval
	$(CORE)/bin/python benchmarks/score.py

clean:
	rm -rf $(CORE) $(TRAIN) build dist src/*.egg-info
