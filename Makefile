# Paths are relative throughout: make breaks absolute ones at a space.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run setup build test chaos audit screenshots lint clean

PYTHON_HERE := .venv/bin/python

help:
	@echo 'make run    set up and start Atelier (HOST, PORT and ATELIER_DATA choose where)'
	@echo 'make test   set up and run every check and test'
	@echo 'make chaos  break everything under load and see what holds (FAULTS and SEED choose)'
	@echo 'make audit  what Lighthouse and axe say of the page; make screenshots draws every view'
	@echo 'make setup  only make .venv and install'
	@echo 'make build  only build the dashboard'
	@echo 'make lint   style, import rules and types'
	@echo 'make clean  delete what was installed and built; the data folder stays'

run: build
	@exec .venv/bin/atelier up

setup:
	@sh server/setup/setup.sh

build: setup
	@$(PYTHON_HERE) web/build.py

# Hundreds of processes run our code; where none may keep it compiled, each compiles all of it again.
test: export PYTHONDONTWRITEBYTECODE :=
test:
	@echo '== Environment'
	@sh server/setup/setup.sh test
	@echo '== Dashboard; meanwhile style, import rules, types'
	@$(MAKE) --no-print-directory lint >.venv/lint.log 2>&1 & \
	$(PYTHON_HERE) web/build.py check test && $(PYTHON_HERE) -m tests.chromium; made=$$?; \
	wait $$!; held=$$?; cat .venv/lint.log; test $$made = 0 -a $$held = 0
	@echo '== Tests'
	@exec $(PYTHON_HERE) -m pytest

chaos:
	@sh server/setup/setup.sh test
	@exec $(PYTHON_HERE) -m tests.chaos

audit: build
	@sh server/setup/setup.sh test
	@$(PYTHON_HERE) -m tests.chromium
	@exec $(PYTHON_HERE) -m tests.audit

screenshots: build
	@sh server/setup/setup.sh test
	@$(PYTHON_HERE) -m tests.chromium
	@exec $(PYTHON_HERE) -m tests.audit screenshots

lint:
	@sh server/setup/setup.sh test
	@$(PYTHON_HERE) -m ruff check .
	@$(PYTHON_HERE) -m ruff format --check .
	@.venv/bin/lint-imports
	@$(PYTHON_HERE) -m mypy

clean:
	rm -rf .venv web/node_modules web/dist web/src/contract.gen.ts *.egg-info
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
