# Every target makes .venv first when it is missing or out of date; tools/bootstrap.py says what that takes.

PYTHON ?= python3
PYTEST_ARGS ?=

VENV_PYTHON := .venv/bin/python
# What needs neither Azure's libraries nor a process of its own; `--no-azure` makes an import of them an error.
UNIT_TESTS := $(wildcard tests/contract tests/azext/audit tests/azext/machine tests/azext/plan_file tests/azext/rules tests/azext/tables tests/azext/test_*.py tests/tools)

.DEFAULT_GOAL := help
.PHONY: help demo test test-cluster unit lint types venv

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  Durations are of two cores, after the first run; PYTHON=python3.12 chooses another Python than python3."

demo: venv  ## the founding story on the real az, against an ARM on loopback; 30 s, no account needed
	@$(VENV_PYTHON) -m testbeds.demo

test: venv  ## every test that needs no GPU and no cluster; 5 min
	$(VENV_PYTHON) -m pytest -n auto --maxprocesses 8 -m "not gpu and not cluster and not compat and not slow" $(PYTEST_ARGS)

test-cluster: venv  ## the tests on a real Kubernetes API server, which KUBEBUILDER_ASSETS names; 10 min
	@$(VENV_PYTHON) -m tools.cluster_tests $(PYTEST_ARGS)

unit: venv  ## the tests of the pure parts, without Azure's libraries; 5 s at most
	$(VENV_PYTHON) -m pytest --no-azure $(PYTEST_ARGS) $(UNIT_TESTS)

lint: venv  ## ruff's rules and format, and who may import whom; 5 s
	$(VENV_PYTHON) -m nox -s lint

types: venv  ## mypy, strict; 20 s
	$(VENV_PYTHON) -m nox -s types

venv:
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "$(PYTHON) was not found; aigpu needs Python 3.10 or newer. Install one, or name yours: make $(MAKECMDGOALS) PYTHON=/path/to/python3." >&2; \
		exit 1; }
	@"$(PYTHON)" tools/bootstrap.py
