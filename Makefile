# One verb each; `make` alone lists them. `make demo` and `make test` need Python 3.11 or 3.12 with
# its headers, gcc, g++ and make, and build the rest themselves, once. CI runs the same verbs.

# How much of the long ones: `make sim SEED=7 RUNS=1` replays one world.
RUNS ?= 20
KILLS ?= 10
PROFILE ?= night

BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check fmt sim crash fuzz mutate bench docs lock clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.installed ## watch a desk, the gate and a broker work through a real account's orders
	@$(BIN)/ordergate demo

test: .venv/.installed ## run every test
	$(BIN)/pytest

check: .venv/.locked ## lint, format, types, the layers of the house, spelling, dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/deptry .

fmt: .venv/.locked ## format the code and repair what the linter can
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

sim: .venv/.installed ## the real core against a hostile, seeded world (SEED=… RUNS=…)
	$(BIN)/python tests/simulation/run.py $(if $(SEED),--seed $(SEED)) --runs $(RUNS)

crash: .venv/.installed ## kill the running gate again and again, and count what was lost (KILLS=…)
	$(BIN)/python tests/simulation/crash.py --kills $(KILLS)
	if [ $(KILLS) -ge 10 ]; then $(BIN)/pytest -m slow tests/gateway/test_kill9.py; fi

fuzz: .venv/.installed ## attack the properties with ten thousand examples each (PROFILE=…)
	$(BIN)/pytest -m fuzz --hypothesis-profile=$(PROFILE) --timeout=0

mutate: .venv/.installed ## change the deciding code a little everywhere; a survivor lacks a test
	$(BIN)/mutmut run
	$(BIN)/mutmut results

bench: .venv/.installed ## measure decide, journal and gate; JSON out
	$(BIN)/python tests/bench/run.py

docs: .venv/.installed ## write docs/reference and the policy schema again from the code
	$(BIN)/python -m gateway.reference

lock: ## pin every dependency again (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-emit-index-url --no-emit-package quickfix \
		--custom-compile-command 'make lock' --output-file requirements/lock.txt

clean: ## remove the environment and whatever the tools left behind
	rm -rf .venv build dist mutants .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

# The environment, in steps that are not repeated until their input changes.

.venv/.created:
	@python=$$(sh tools/find_python.sh) && echo "making .venv with $$python" && "$$python" -m venv .venv
	@touch $@

.venv/.locked: requirements/lock.txt .venv/.created
	@echo "installing what requirements/lock.txt names"
	@$(PIP) install --require-hashes --requirement requirements/lock.txt
	@touch $@

.venv/.quickfix: requirements/quickfix.txt tools/quickfix_wheel.py .venv/.locked
	@wheel=$$($(BIN)/python tools/quickfix_wheel.py) && $(PIP) install --no-deps --no-index "$$wheel"
	@touch $@

.venv/.installed: pyproject.toml .venv/.quickfix
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
