# A handful of verbs. Everything is installed into .venv; nothing outside this folder is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo run test test-all lint docs bench lock audit clean

demo: $(VENV)/.installed  ## the main job on a made-up project, from drop to report
	@$(BIN)/registry-review demo

run: $(VENV)/.installed  ## watch ./inbox as ./config.toml says, up to the report
	@$(BIN)/registry-review watch --to report

test: $(VENV)/.installed-dev  ## the tests; those that need a browser or an office program where there is one
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

test-all: export EVERY_TEST := 1
test-all: test  ## every test: none is left out, so that what this machine lacks is a failure

lint: $(VENV)/.installed-dev  ## style, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(VENV)/.installed-dev  ## docs/commands.md from the help texts, docs/checks.md from the rules
	@$(BIN)/python tests/commands_page.py
	@$(BIN)/python tests/checks_page.py

bench: $(VENV)/.installed-dev  ## measure; the table goes into docs/performance.md
	@$(BIN)/python -m benchmarks --markdown docs/performance.md

# The packages that build ours are pinned with the rest, as an installation by hashes fetches nothing else.
lock: $(VENV)/.made  ## requirements.lock anew: the newest versions that pyproject.toml allows, each with its hashes
	@$(PIP) install 'uv>=0.9'
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], "editables", sep="\n")' | \
	  $(BIN)/uv pip compile pyproject.toml - --extra dev --universal --python-version 3.11 --upgrade --generate-hashes \
	  --no-emit-index-url --no-annotate --custom-compile-command 'make lock' --quiet --output-file requirements.lock

audit: $(VENV)/.made  ## are there known holes in what requirements.lock names? Asks a service, where it can be reached
	@$(BIN)/python .ci/audit.py

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

# With LOCKED=1, as in CI, exactly what requirements.lock names is installed, and nothing whose hash is another.
$(VENV)/.installed-dev: pyproject.toml $(if $(LOCKED),requirements.lock) | $(VENV)/.made
	@echo "Installing with what the tests need ..."
ifdef LOCKED
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
else
	@$(PIP) install --editable '.[dev]'
endif
	@touch $@ $(VENV)/.installed
