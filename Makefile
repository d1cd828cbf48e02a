# make demo   the main job: 1.7 million simulated users, awards, certificate, report
# make test   every check; make lint, make bench, make notebooks: parts of the work

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# A Debian package: installed where we may, else asked for in one line.
debian = { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || \
	{ echo "install $(1) (as root) and run make $(or $(MAKECMDGOALS),demo) again" >&2; exit 1; }; \
	apt-get update -qq && apt-get install -y -qq $(1); }

.PHONY: demo test lint bench notebooks browser postgres clean
.DELETE_ON_ERROR:

demo: .venv/report.stamp
	$(BIN)/allocator demo

test: browser postgres .venv/dev.stamp lint
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=
	$(BIN)/python -m coverage report --fail-under=95 \
		--include='allocator/core/*,allocator/policy/*,allocator/money.py'

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/dev.stamp
	$(BIN)/python -m benchmarks

notebooks: .venv/dev.stamp
	$(BIN)/python notebooks/execute.py

# Debian keeps venv in a package of its own; a virtual environment without pip is made anew.
.venv/bin/pip:
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || $(call debian,python3-venv)
	$(PYTHON) -m venv --clear .venv

.venv/report.stamp: pyproject.toml constraints.txt | .venv/bin/pip
	$(INSTALL) -e '.[report]'
	touch $@

.venv/dev.stamp: pyproject.toml constraints.txt | .venv/bin/pip
	$(INSTALL) -e '.[dev]'
	touch $@ .venv/report.stamp

# The report is tested in a real browser.
browser:
	@command -v chromium >/dev/null || $(call debian,chromium)

# The delivery ledger is tested on a server that the tests start.
postgres:
	@command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || \
		$(call debian,postgresql)

clean:
	rm -rf .venv runs
