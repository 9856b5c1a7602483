# A handful of verbs. Everything is installed into .venv; nothing outside this folder is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo run test lint docs bench clean

demo: $(VENV)/.installed  ## the main job on a made-up project, from drop to report
	@$(BIN)/registry-review demo

run: $(VENV)/.installed  ## watch ./inbox as ./config.toml says, up to the report
	@$(BIN)/registry-review watch --to report

test: $(VENV)/.installed-dev  ## every test
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

lint: $(VENV)/.installed-dev  ## style, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(VENV)/.installed-dev  ## docs/commands.md from the help texts, docs/checks.md from the rules
	@$(BIN)/python tests/commands_page.py
	@$(BIN)/python tests/checks_page.py

bench: $(VENV)/.installed-dev  ## measure; the table goes into docs/performance.md
	@$(BIN)/python -m benchmarks --markdown docs/performance.md

clean:  ## remove what was installed and cached; inbox/ and data/ stay
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are written last: an installation that broke off is begun anew.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.made
	@echo "Installing, which takes half a minute the first time ..."
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.made
	@echo "Installing with what the tests need ..."
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.installed
