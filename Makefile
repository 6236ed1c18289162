# The same few commands locally and in CI. `make help` lists them.
#
# Nothing but make, a Python from 3.11 to 3.13 (PYTHON=... names one) and a package index that pip reaches is
# needed; what the two environments must hold is installed when its requirement files have changed.

PYTHON ?=
# Set by `make demo GPU=1`: the worker's environment gets the onnxruntime build for NVIDIA cards.
GPU ?=
# More arguments for pytest or the benchmark: make test ARGS="tests/unit -x"
ARGS ?=

# Found on first use, so that `make help` needs no Python.
python = $(eval python := $$(shell scripts/find-python $(PYTHON)))$(if $(filter error:,$(firstword $(python))),$(error $(wordlist 2,99,$(python))),$(python))
install = @$(python) scripts/environment.py
tts_requirements = tts_worker/requirements-$(if $(GPU),gpu,cpu).txt

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench tts-worker lock wheels main-environment test-environment lint-environment tts-environment

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: main-environment tts-environment ## install, migrate, seed and serve http://127.0.0.1:8000
	@COACH_DEMO=1 exec .venv/bin/python manage.py serve --prepare

test: test-environment tts-environment ## the whole suite: on SQLite, then the data layer on PostgreSQL
	@status=0; \
	.venv/bin/python -m pytest $(ARGS) || status=$$?; \
	if [ -z "$(ARGS)" ]; then COACH_TEST_DATABASE=postgres .venv/bin/python -m pytest tests/db || status=$$?; fi; \
	exit $$status

lint: lint-environment ## ruff, mypy and the import rules
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: main-environment tts-environment ## all benchmarks, some minutes (ARGS="--only voice_loop")
	@.venv/bin/python -m benchmarks $(ARGS)

tts-worker: tts-environment ## the speech worker alone, as a service (COACH_TTS_ADDRESS)
	@exec tts_worker/.venv/bin/python -m tts_worker --uri "$${COACH_TTS_ADDRESS:-tcp://127.0.0.1:10200}"

main-environment:
	$(install) .venv requirements/main.txt

test-environment:
	$(install) .venv requirements/main.txt requirements/test.txt

lint-environment:
	$(install) .venv requirements/main.txt requirements/test.txt requirements/lint.txt

tts-environment:
	$(install) --only tts_worker/.venv $(tts_requirements)

# -- pins: needs uv ------------------------------------------------------------------------------------------

compile = uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate
# What torch alone would bring.
without_torch = $(foreach name,torch jinja2 markupsafe mpmath networkx setuptools sympy,--no-emit-package $(name))

lock: ## pin the newest versions that the .in files allow (needs uv; make lock ARGS=--upgrade)
	cd requirements && $(compile) $(ARGS) --override overrides.txt $(without_torch) main.in -o main.txt
	cd requirements && $(compile) $(ARGS) --override overrides.txt test.in -o test.txt
	cd requirements && $(compile) $(ARGS) --override overrides.txt lint.in -o lint.txt
	cd tts_worker && $(compile) $(ARGS) requirements-cpu.in -o requirements-cpu.txt
	cd tts_worker && $(compile) $(ARGS) --override overrides-gpu.txt --no-emit-package onnxruntime requirements-gpu.in -o requirements-gpu.txt


wheels: ## check that every pin has a wheel for every supported Python (needs uv)
	@for python in 3.11 3.12 3.13; do \
	  for files in "-r requirements/main.txt -r requirements/test.txt -r requirements/lint.txt" \
	               "-r tts_worker/requirements-cpu.txt" "-r tts_worker/requirements-gpu.txt"; do \
	    uv pip install --dry-run --quiet --no-deps --only-binary :all: --python-version $$python \
	      --target build/none $$files || exit 1; \
	  done; echo "Python $$python: every pin has a wheel"; done
