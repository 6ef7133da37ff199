# Needs only Python 3.11 or newer, make and a C library. Every target makes the virtual environment it needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
JOBS   ?= 2
DATA   ?= ./data
IMAGE  ?= wavetap

BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
UV    ?= uv

# Parallelism is over processes: a BLAS that also starts a thread a core only makes them wait for each other.
export OPENBLAS_NUM_THREADS ?= 1
# ONNX Runtime sends events to its maker unless it is told not to.
export ORT_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[36m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- use -------------------------------------------------------------------------------------------------------------

.PHONY: install
install: $(STAMP) ## Make .venv from the lock, with wavetap in it

$(STAMP): requirements-dev.lock pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q api_schemas model service  # as of every other package: else each start may do it anew
	@touch $(STAMP)

.PHONY: demo
demo: $(STAMP) ## Train, serve and export a network on the bundled data, in under two minutes
	$(BIN)/wavetap demo

.PHONY: run
run: $(STAMP) ## Serve REST on 8080 and gRPC on 8081, with its data in DATA=./data
	$(BIN)/wavetap serve --data-dir $(DATA)

# --- check -----------------------------------------------------------------------------------------------------------

.PHONY: test
test: $(STAMP) ## Run the tests on JOBS=2 processes; choose some with ARGS="tests/unit -k pooling"
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope $(ARGS)

.PHONY: check
check: $(STAMP) ## Format, lint, types, import directions, generated stubs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@mkdir -p $(FRESH) && $(PROTOC) $(FRESH)
	diff -r -x __pycache__ -x __init__.py $(FRESH)/api_schemas/generated api_schemas/generated

.PHONY: format
format: $(STAMP) ## Format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: hostile
hostile: $(STAMP) ## Send what broke other servers a hundred times as often as the tests do
	HOSTILE_SCALE=100 $(BIN)/python -m pytest tests/e2e/hostile

.PHONY: mutations
mutations: $(STAMP) ## Plant faults in a copy of the engine, and show which test notices each
	$(BIN)/python -m tests.mutations

.PHONY: kills
kills: $(STAMP) ## Kill the service 200 times and see what is lost; then faulty ones, which must be caught (half an hour)
	$(BIN)/python -m tests.kills $(ARGS)

.PHONY: rivals
rivals: $(STAMP) ## Run 200 jobs by two supervisors on SQLite and on PostgreSQL, each stopped past its lease again and again
	$(BIN)/python -m tests.rivals $(ARGS)

# PyTorch, which the benchmarks compare with, has an environment of its own: nothing else ever needs it.
BENCH := $(VENV)-bench

$(BENCH)/.installed: requirements.lock benchmarks/requirements.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

.PHONY: bench
bench: $(BENCH)/.installed ## Measure beside PyTorch and ONNX Runtime; two minutes of it with ARGS=--quick (needs g++)
	$(BENCH)/bin/python -m benchmarks $(ARGS)

.PHONY: large
large: $(STAMP) ## Train on a file of SIZE=5 GB (FORMAT=npz, parquet or long.parquet), and tell the memory that it took
	$(BIN)/python -m benchmarks.larger_than_memory --gigabytes $(or $(SIZE),5) --format $(or $(FORMAT),npz)

# So has MLServer.
PEER := $(VENV)-mlserver

$(PEER)/.installed: benchmarks/serving/requirements.txt
	$(PYTHON) -m venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/serving/requirements.txt
	@touch $@

.PHONY: bench-serving
bench-serving: $(STAMP) $(PEER)/.installed ## Measure beside MLServer; five minutes of it with ARGS=--quick (needs wrk)
	$(BIN)/python -m benchmarks.serving --mlserver $(PEER)/bin/python $(ARGS)

.PHONY: soak
soak: $(STAMP) ## Load, promote and unload CYCLES=1000 times, and tell whether the memory stays
	$(BIN)/python -m benchmarks.serving.soak --cycles $(or $(CYCLES),1000)

# --- make what is generated ------------------------------------------------------------------------------------------

.PHONY: openapi
openapi: $(STAMP) ## Write the description of the REST interface anew
	$(BIN)/wavetap openapi > $(VENV)/openapi.json && mv $(VENV)/openapi.json api_schemas/openapi.json

PROTOC := PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m api_schemas.proto.generate
FRESH  := $(VENV)/fresh

.PHONY: proto
proto: $(STAMP) ## Make the gRPC stubs anew from api_schemas/proto
	$(PROTOC)

RESOLVE := $(UV) pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-header

.PHONY: lock
lock: ## Resolve the dependencies anew (needs uv): lock files with hashes, and no registry's address
	$(RESOLVE) pyproject.toml --upgrade --extra dev --output-file requirements-dev.lock
	$(RESOLVE) pyproject.toml --constraint requirements-dev.lock --output-file requirements.lock
	printf '%s\n' hatchling editables | $(RESOLVE) - --constraint requirements-dev.lock --output-file requirements-build.lock

.PHONY: conformance
conformance: $(STAMP) ## Point every client of tritonclient at a service, and write docs/reference/conformance.md
	$(BIN)/python -m tests.interop

.PHONY: exports
exports: $(STAMP) ## Export every recipe, compare it in ONNX Runtime, and write docs/reference/onnx.md
	$(BIN)/python -m tests.exports

.PHONY: image
image: ## Build the container image IMAGE=wavetap
	docker build --tag $(IMAGE) .

.PHONY: clean
clean: ## Remove what the other targets made, but no data
	rm -rf $(VENV) $(BENCH) $(PEER) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist wavetap-demo
