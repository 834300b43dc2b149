# The front door: the same verbs serve people and CI. `make` alone lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help start test test-system test-containers torture check bench sync-bench-results lock clean install install-dev

NODE := node_modules/.bin/node
HUM := control/bin/hum-helix
COMPILE := .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

start: install ## Install what is missing, then serve on 127.0.0.1:8000
	@$(HUM) models pull
	@exec $(HUM) serve

test: install-dev ## Run the tests of both languages on real weights and real processes
	@$(HUM) models pull
	@exec $(NODE) control/test/run.ts test

test-system: install-dev ## Run the tests that need Debian packages (.ci/run names them)
	@$(HUM) models pull
	@exec $(NODE) control/test/run.ts test-system

test-containers: install-dev ## Run the tests that need root and a Docker engine of their own, in some minutes
	@exec $(NODE) control/test/run.ts test-containers

torture: install-dev ## Break everything around the events with full counts, in over an hour; ROWS="1 4" breaks only those
	@exec $(NODE) control/test/torture.ts $(ROWS)

check: install-dev ## Format, lint, types, layers, dead code, locks, container files
	@exec $(NODE) control/gates/check.ts

bench: install ## Run a benchmark on the Docker context's host, or here: DEFINITION=configs/bench/smoke.yaml, BENCH=docker|local
	@exec $(HUM) bench up $(DEFINITION)

sync-bench-results: install ## Bring results from the Docker context's host, or from BENCH_HOST, verified
	@exec $(HUM) bench sync

lock: install-dev ## Write the lock files anew from package.json and sidecar/pyproject.toml
	npm install --package-lock-only --ignore-scripts
	$(COMPILE) --group sidecar/pyproject.toml:bootstrap -o sidecar/requirements-uv.lock
	$(COMPILE) sidecar/pyproject.toml -o sidecar/requirements.lock
	$(COMPILE) sidecar/pyproject.toml --group sidecar/pyproject.toml:dev \
		-c sidecar/requirements.lock -o sidecar/requirements-dev.lock

clean: ## Remove what was installed and built; models and data under .hum stay
	rm -rf node_modules .venv build

install:
	@sh control/setup/install.sh

install-dev:
	@sh control/setup/install.sh --dev
