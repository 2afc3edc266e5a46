# The front door: everything that README and CI do goes through these targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_PROCESSES ?= 4
FAST_PROCESSES ?= 3
STAMP := $(VENV)/.installed
RUN_STAMP := $(VENV)/.installed-run

.PHONY: house demo setup setup-full check test-fast test test-slow fuzz lint format bench bench-search bench-kills bench-load docs wheel lock clean

demo: $(RUN_STAMP)
	$(BIN)/fpray sweep multipaxos

setup: $(STAMP)

# Locks with hashes, installed by plain pip: a bare machine needs nothing but Python. The demo needs only what fpray
# itself needs (requirements-run.lock); what tests, lint and benches need comes with `make setup`.
$(RUN_STAMP): requirements-run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fpray needs Python 3.11 or newer: make PYTHON=python3.11")'
	@test -x $(BIN)/python || { echo "making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@$(PYTHON) set_up.py $(VENV) requirements-run.lock
	@touch $@

$(STAMP): requirements.lock $(RUN_STAMP)
	@$(PYTHON) set_up.py $(VENV) requirements.lock
	@touch $@

# What a few tests need beside Python's packages: a browser, and the Prometheus of monitored trials.
setup-full: setup
	apt-get install -y --no-install-recommends chromium prometheus

# Where it is set, every one of the hundreds of processes that tests start would compile fpray anew.
check test test-fast test-slow fuzz: export PYTHONDONTWRITEBYTECODE =

FAST := not jvm and not ray and not hosts and not heavy and not slow

# Lint, and beside it the fast ring of tests, which can reach neither Ray nor a JDK: under a minute on 2 cores. mypy
# uses one core, and each further test process imports all tests again.
check: setup
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint test-fast

test-fast: setup
	FPRAY_TEST_RING=fast $(BIN)/python -m pytest -n $(FAST_PROCESSES) --dist worksteal -m "$(FAST)"

# Every test but the slow ones. More test processes than cores, since tests also wait. Which tests share a process, and
# which begin first, is said in tests/support/{scheduler,rings}.py.
test: setup
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder -m "not slow"

# What takes long: kills of everything at all moments, several machines, thousands of generated cases. CI runs it as well.
test-slow: setup
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadscope --no-loadscope-reorder -m slow

# Generated input for each reader of what comes from outside, and how often it was refused, and why.
FUZZ ?= 1000
fuzz: setup
	FPRAY_FUZZ=$(FUZZ) $(BIN)/python -m pytest -p no:xdist --timeout=1800 tests/fuzz

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Ratios, measured side by side in one run; BENCH_JAR=path runs another jar beside the reference jar.
bench: setup
	$(BIN)/python -m bench $(if $(BENCH_JAR),--jar $(BENCH_JAR))

# Trials that searches need, ours and general ones; BENCH_TABLE=path tries ours on another table of results.
bench-search: setup
	$(BIN)/python -m bench.search $(if $(BENCH_TABLE),--table $(BENCH_TABLE),--write)

# 1,000 random kills in pieces: each goes on where the last one ended. MINUTES=9 is how long one takes.
MINUTES ?= 9
bench-kills: setup
	$(BIN)/python -m bench.kills --minutes $(MINUTES) --write

# Starts of Ray, and sweeps, beside 30 busy loops; in pieces like the kills.
bench-load: setup
	$(BIN)/python -m bench.under_load --minutes $(MINUTES) --write

# The shape of the code: modules, folders, arrows, circles, what is beyond a budget, the walk of a request.
house: setup
	$(BIN)/python -m tests.repository.house

# The parts of the documents that are written from the declarations and from the imports.
docs: setup
	$(BIN)/fpray protocols --markdown > docs/protocols.md
	$(BIN)/python -m tests.repository.options_table
	$(BIN)/python -m tests.repository.architecture_page
	$(BIN)/python -m tests.repository.shape_table
	$(BIN)/python -m tests.metrics.dashboards

wheel: setup
	$(BIN)/python -m build --wheel --no-isolation

lock: setup
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group build -c requirements.lock pyproject.toml -o requirements-run.lock

clean:
	rm -rf $(VENV) .build dist
