# Every target makes what it needs: a virtual environment of its own, with all that pyproject.toml asks for.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: builders dist pictures test-installs test-pythons api man demo test lint types check racket judges servers sweep bench fuzz docs clean

demo: $(READY)
	@sh fixtures/demo/run.sh $(abspath $(BIN))

test: $(READY) racket judges servers builders lint types check

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

check: $(READY)
	$(BIN)/python -m pytest

# The tests compare with a real Racket. Where it is missing and can be installed, it is.
racket:
	@command -v racket >/dev/null 2>&1 || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends racket; \
	  else \
	    echo "Racket is not installed: the tests that compare with it are skipped (with CI set they fail)"; \
	  fi

# They compare with other programs that read archives, too.
judges:
	@command -v bsdtar >/dev/null 2>&1 && command -v unzip >/dev/null 2>&1 || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    apt-get update -q && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends unzip libarchive-tools; \
	  else \
	    echo "unzip or bsdtar is not installed: the tests that compare with them are skipped (with CI set they fail)"; \
	  fi

# They evaluate what is exported for them.
builders:
	@command -v nix-instantiate >/dev/null 2>&1 && command -v guile >/dev/null 2>&1 || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    apt-get update -q && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nix-bin guile-3.0; \
	  else \
	    echo "nix-instantiate or guile is not installed: the tests that use them are skipped (with CI set they fail)"; \
	  fi

# What a catalog is served, signed and fetched with, and what its server keeps records in.
servers:
	@command -v nginx >/dev/null 2>&1 && command -v ssh-keygen >/dev/null 2>&1 && command -v git >/dev/null 2>&1 && \
	  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    apt-get update -q && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	      nginx-light openssh-client git postgresql; \
	  else \
	    echo "nginx, ssh-keygen, git or PostgreSQL is not installed: tests that use them are skipped (with CI set they fail)"; \
	  fi

# The tests on every Python from 3.11 on that is here, on the oldest with the oldest dependencies, too.
test-pythons: $(READY) racket judges servers builders
	$(BIN)/python tests/pythons.py

# The long form of the tests that go through thousands of archives, or kill a build at every call.
sweep: $(READY) racket judges servers
	SWEEP=1 $(BIN)/python -m pytest tests/differential tests/site/test_kills.py tests/catalog/test_faults.py \
	  tests/distribution/test_kills.py tests/server/test_kills.py tests/server/test_outages.py tests/server/test_generated.py \
	  tests/oracle/test_kills_racket.py \
	  tests/oracle/test_scope_kills_racket.py tests/oracle/test_scope_racket.py

$(READY): pyproject.toml Makefile
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pltpack needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -e '.[test,dev,docs]'
	@touch $@

bench: $(READY) racket
	$(BIN)/pip install -q --disable-pip-version-check -e '.[bench]'
	$(BIN)/python benchmarks/run.py

fuzz: $(READY)
	$(BIN)/pip install -q --disable-pip-version-check -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz.run $(FUZZ)

# The manual pages, from the texts of the help.
man: $(READY)
	$(BIN)/python docs/man.py

# The listing of the public API, which a test compares with the sources.
api: $(READY)
	$(BIN)/python docs/api.py

# The pictures of the README, from real runs; that of the site takes Chromium.
pictures: $(READY)
	$(BIN)/python docs/pictures.py

docs: $(READY)
	$(BIN)/mkdocs build --strict

# What is published: both archives, checked.
dist: $(READY)
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

# The wheel in clean environments, by pip, pipx and uv.
test-installs: dist
	$(BIN)/python tests/installs.py dist/*.whl

clean:
	rm -rf $(VENV) build dist *.egg-info demo site .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
