# `make run` and `make test` do everything on a fresh machine; `make help` lists the rest.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

ENVIRONMENT := .venv/.stamp-project
LIBRARIES := .venv/.stamp-libraries
PYTEST := QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest
# One worker per core, four at most; files stay whole, so that what a file compiles is
# compiled once.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile

.PHONY: help run test test-fast lint format types contracts docs screenshots bench bundle bundle-test package deb-test archive deb env lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: env ## open the window with the sample run; without a display, fit it headless
	@packaging/run.sh

test: env ## the whole test suite, without a display
	$(PYTEST) $(PARALLEL) -m "not bench"

test-fast: env ## the tests that take a moment only
	$(PYTEST) $(PARALLEL) -m "not slow and not bench"

lint: env ## ruff: rules and format
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check

format: env ## let ruff write the format
	$(BIN)/python -m ruff check --fix
	$(BIN)/python -m ruff format

types: env ## pyright (fetches Node.js and pyright itself when they are not there)
	$(BIN)/python -m pyright

contracts: env ## import-linter: who may import whom
	$(BIN)/lint-imports --no-logo --no-cache

docs: env ## the help pages as a site, in build/help
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "build/help/index.html"

screenshots: env ## redraw the pictures of the window in docs/images
	$(BIN)/python packaging/screenshots.py docs/images

bench: env ## speed and memory, compared with SciPy
	$(PYTEST) -m bench -s tests/bench/bench_*.py

bundle: env ## freeze the program into dist/twotime
	@packaging/bundle/tools.sh objcopy objdump strip
	$(BIN)/python packaging/bundle/build.py

bundle-test: ## start the frozen program where there is nothing else
	@packaging/bundle/tools.sh Xvfb || true
	$(BIN)/python packaging/bundle/smoke_test.py $(BUNDLE_TEST)

package: ## archive, .deb, checksums and parts list of the frozen program
	@$(MAKE) --no-print-directory -j2 archive deb
	$(BIN)/python packaging/sbom.py
	$(BIN)/python packaging/checksums.py

deb-test: ## install, use and remove the .deb on a bare Debian (root; fetches that Debian)
	packaging/linux/test_deb_clean.sh

# Each compresses on one core; a release is packed with LEVEL=19.
archive:
	$(BIN)/python packaging/archive.py $(if $(LEVEL),--level $(LEVEL))

deb:
	$(BIN)/python packaging/linux/build_deb.py $(if $(LEVEL),--level $(LEVEL))

env: $(ENVIRONMENT) $(LIBRARIES) ## .venv from requirements.lock, and the libraries of Qt

$(ENVIRONMENT): requirements.lock pyproject.toml packaging/environment.sh
	@packaging/environment.sh

# No stamp while a library is missing: it is named again each time.
$(LIBRARIES): packaging/system_libs.sh | $(ENVIRONMENT)
	@if packaging/system_libs.sh; then touch $@; fi

lock: env ## choose versions anew within the bounds of pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m uv pip compile --universal --upgrade --generate-hashes \
	    --no-annotate --no-header --quiet --group dev pyproject.toml -o requirements.lock

clean: ## remove the environment and everything made here
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
