# Two commands for everybody: `make demo` and `make test`. Each sets up what it needs, and says so.
PYTHON ?= python3
ARGS ?=
JOBS ?= 2
BIN := .venv/bin

.DEFAULT_GOAL := help
# Byte code is kept, whatever the caller's environment says: tests start hundreds of processes, and each would compile
# pandas and Numba anew, which takes it five seconds of a processor.
export PYTHONDONTWRITEBYTECODE :=
NEEDS_PYTHON := Python 3.11 or newer is needed: `make PYTHON=/path/to/python3.11 ...`

.PHONY: python help demo test check format bench setup setup-dev dask peers judges locks schema

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## Run the whole platform on measured data; ARGS="--for 120" stops by itself
	@$(BIN)/somel demo $(ARGS)

test: setup-dev ## Run all tests against real servers, JOBS at a time; ARGS="tests/grid" runs some
	@$(BIN)/somel warm --quiet
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0 $(ARGS)

check: setup-dev ## Lint, types, import rules, documentation
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.support.documentation

format: setup-dev ## Format the code and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup-dev ## Run the benchmarks and write their table
	@$(BIN)/python -m benchmarks $(ARGS)

setup: python ## Set up what running needs
	@$(PYTHON) -m somel.bootstrap --quiet

setup-dev: python ## Set up what tests and checks need
	@$(PYTHON) -m somel.bootstrap --dev --quiet

dask: setup ## Add to .venv what jobs on a Dask cluster need (SOMEL_DASK_SCHEDULER)
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: \
	  -r deploy/locks/dask.txt

peers: python ## Set up what benchmarks are compared with, in .venv-peers and .venv-power-flow
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: \
	  -r deploy/locks/peers.txt
	@$(PYTHON) -m venv .venv-power-flow
	@.venv-power-flow/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: \
	  -r deploy/locks/power_flow.txt

judges: setup-dev ## Set up the programs that judge ours, each in an environment of its own
	@$(BIN)/python -m tests.support.judges

locks: setup-dev ## Make the lock files anew from pyproject.toml
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra build pyproject.toml -o deploy/locks/runtime.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra build --extra dev pyproject.toml -o deploy/locks/dev.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra build --extra dask -c deploy/locks/runtime.txt pyproject.toml -o deploy/locks/dask.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group peers -o deploy/locks/peers.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group power_flow -o deploy/locks/power_flow.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group judge-openadr-python -o deploy/locks/judges/openadr-python.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-header --no-annotate \
	  --group judge-openadr-elaad -o deploy/locks/judges/openadr-elaad.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group judge-schemathesis -o deploy/locks/judges/schemathesis.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group judge-owslib -o deploy/locks/judges/owslib.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group judge-pyshacl -o deploy/locks/judges/pyshacl.txt

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo '$(NEEDS_PYTHON)' >&2; exit 2; }
