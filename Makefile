# Two commands for a fresh machine: `make report` and `make test`. Both set up what they need in .venv.

PYTHON ?= python3
BIN := .venv/bin
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
INSTALL := $(BIN)/python -m pip install -qq --editable
KILLS ?= 200
SEED ?=
# More than two cores: many tests wait for another process, the long ones most of the time.
WORKERS ?= 3
SLOW_WORKERS ?= 5
CATALOGUE ?= templates/locale/messages.pot
LANGUAGES := $(notdir $(patsubst %/,%,$(dir $(wildcard $(dir $(CATALOGUE))*/messages.po))))
INPUTS := pyproject.toml constraints.txt

.PHONY: help report test test-slow soak check format messages pictures bench fonts clean

help:
	@echo "make report     set up, produce the report of config.toml, deliver it to the outbox folder"
	@echo "make test       set up and run the tests; make test-slow runs the long ones"
	@echo "make soak       kill a running sender at random moments; KILLS=200 and SEED=... choose how often, and when"
	@echo "make check      lint, types and layers"
	@echo "make bench      measure what an edition costs (docs/benchmark.md)"
	@echo "make format     format the code; make messages and make fonts renew what is derived"
	@echo "make pictures   renew the reviewed pictures of pages; look at each that changed before it is committed"

report: .venv/report
	@$(BIN)/reports run --again

test: .venv/dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow"

test-slow: .venv/dev
	$(BIN)/python -m pytest -n $(SLOW_WORKERS) --dist worksteal -m slow

soak: .venv/dev
	$(BIN)/python tests/delivery/soak.py $(KILLS) $(SEED)

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: .venv/dev
	$(BIN)/python -m babel.messages.frontend extract --mapping-file templates/locale/babel.cfg \
	  --no-default-keywords --keywords text --keywords _text --keywords say --keywords plural:1,2 --keywords _plural:1,2 \
	  --keywords mark --keywords mark_plural:1,2 --keywords t --keywords n:1,2 --no-location --sort-output --omit-header \
	  --output-file $(CATALOGUE) reports templates
	for language in $(LANGUAGES); do \
	  $(BIN)/python -m babel.messages.frontend update --input-file $(CATALOGUE) --locale $$language --no-fuzzy-matching \
	    --ignore-pot-creation-date --output-file $(dir $(CATALOGUE))$$language/messages.po; done

pictures: .venv/dev
	$(BIN)/python -m tests.visual.pictures

bench: .venv/dev
	$(BIN)/python tests/benchmarks/bench.py

fonts: .venv/dev
	$(INSTALL) '.[fonts]'
	$(BIN)/python templates/fonts/cut.py

clean:
	rm -rf .venv archive outbox ledger.sqlite* dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -m venv .venv || { \
	  echo "error: $(PYTHON) can't make a virtual environment" >&2; \
	  echo "hint: Debian: apt-get install python3-venv; or name another Python 3.11 or later: make PYTHON=..." >&2; \
	  exit 1; }

.venv/system: .ci/system_libraries.py | .venv/bin/python
	@$(BIN)/python .ci/system_libraries.py
	@touch $@

.venv/report: $(INPUTS) .venv/system
	@echo "Installing the libraries into .venv (a minute or two, once)"
	@$(INSTALL) .
	@touch $@

.venv/dev: $(INPUTS) .venv/system
	@echo "Installing the libraries and what tests need into .venv (a minute or two, once)"
	@$(INSTALL) '.[dev]'
	@touch $@ .venv/report
