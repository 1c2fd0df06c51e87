# Everything is set up inside this checkout: .venv (the bot), .tools (linters), .demo (the demo's state).
PYTHON ?= python3
VENV   := .venv
TOOLS  := .tools
BIN    := $(VENV)/bin
TBIN   := $(TOOLS)/bin
JOBS   ?= 2
# --isolated is not used on purpose: a company's pip configuration (index, proxy, CA) must keep working.
INSTALL = -m pip --disable-pip-version-check install -q --no-compile --no-input --no-warn-script-location

export PYTHONNOUSERSITE = 1
unexport PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-slow contracts check lint types imports format lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.run ## a sandbox Slack, a sandbox Azure ML and the bot, in this terminal and a browser
	@$(BIN)/aml-bot demo $(ARGS)

test: check test-fast ## linters, types, architecture and the fast tests (under 5 minutes)

test-fast: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow" $(ARGS)

test-slow: $(VENV)/.test ## kills, namespaces, traces: what takes longer (under 20 minutes)
	$(BIN)/python -m pytest -n $(JOBS) -m slow $(ARGS)

contracts: $(VENV)/.test ## what the Azure ML adapter must do, also in a real workspace (tests/contracts/conftest.py)
	$(BIN)/python -m pytest -m "not slow" tests/contracts $(ARGS)

check: lint types imports

lint: $(TOOLS)/.done
	$(TBIN)/ruff check .
	$(TBIN)/ruff format --check .
	$(TBIN)/codespell
	@! grep -nE '(https?|file)://' requirements/*.txt || { echo "a requirements file names a host or a path"; exit 1; }

types: $(TOOLS)/.done $(VENV)/.test
	$(TBIN)/mypy --python-executable $(BIN)/python

imports: $(TOOLS)/.done ## the direction of dependencies (import-linter, deptry)
	PYTHONPATH=. $(TBIN)/lint-imports --no-cache
	$(TBIN)/deptry .

format: $(TOOLS)/.done
	$(TBIN)/ruff check --fix .
	$(TBIN)/ruff format .

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else 1)' || \
	  { echo "aml-bot needs Python 3.11 to 3.13; this is `$(PYTHON) --version 2>&1`. Choose one: make PYTHON=python3.12 ..."; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) has no venv module. On Debian and Ubuntu: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python $(INSTALL) --require-hashes -r requirements/run.txt
	$(BIN)/python $(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.run
	$(BIN)/python $(INSTALL) --require-hashes -r requirements/test.txt
	@touch $@

$(TOOLS)/.done: requirements/tools.txt | $(VENV)/bin/python
	$(PYTHON) -m venv $(TOOLS)
	$(TBIN)/python $(INSTALL) --require-hashes -r requirements/tools.txt
	@touch $@

lock: ## renew the pinned requirements (needs uv on the PATH)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml --extra test requirements/build.in -c requirements/run.txt -o requirements/test.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url requirements/tools.in -o requirements/tools.txt

clean: ## remove what the other commands made
	rm -rf $(VENV) $(TOOLS) .demo .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist
