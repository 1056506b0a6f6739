# `make` lists the commands.
BIN := .venv/bin
READY := .venv/.ready
DATA ?= ../shared/data
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 16

$(READY): requirements/dev.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh
	@touch $@

.PHONY: setup
setup: $(READY) workbench ## make .venv with everything in it, and the commit hook; quick when up to date
	@scripts/hook.sh

.PHONY: workbench
workbench: ## build the workbench into the package, where its sources have changed
	@scripts/workbench.sh

.PHONY: demo
demo: setup ## a flash sale with its results (ARGS="--fast --no-browser": small, ends by itself)
	@$(BIN)/orderguard demo $(ARGS)

.PHONY: check
check: check-python check-workbench ## format, lint, types, and what may import what: the commit hook

.PHONY: check-python
check-python: $(READY) ## the part of it that Python is
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/workbench_client.py --check

.PHONY: check-workbench
check-workbench: ## and the part that the workbench is
	@scripts/workbench_npm.sh check

# Many tests wait for a server or a clock: three at a time keep two cores busy (tests/conftest.py).
.PHONY: test
test: setup rules ## the rules' own tests, then all of the code's
	@scripts/workbench_npm.sh test
	$(BIN)/pytest --numprocesses 3

.PHONY: pictures
pictures: setup ## take the pictures of the workbench for the docs (needs Chromium and fonts-noto-cjk)
	ORDERGUARD_PICTURES=docs/images/workbench $(BIN)/pytest tests/browser/test_tour.py

.PHONY: client
client: $(READY) ## write the types of the workbench's client from the API
	$(BIN)/python scripts/workbench_client.py

.PHONY: prove
prove: setup ## the tests with their long counts
	ORDERGUARD_PROVE=1 $(BIN)/pytest

.PHONY: rules
rules: $(READY) ## check the rule library and run the tests inside its rules
	$(BIN)/orderguard rules check
	$(BIN)/orderguard rules test

.PHONY: docs
docs: $(READY) ## write docs/reference/ from the code and the library
	$(BIN)/python scripts/build_docs.py

.venv/.ready-bench: requirements/bench.lock $(READY)
	$(BIN)/python -m pip --disable-pip-version-check --quiet install \
		--require-hashes --requirement requirements/bench.lock
	@touch $@

.PHONY: bench
bench: .venv/.ready-bench ## measure every budget into bench/RESULTS.md (ARGS=--quick: a first look)
	$(BIN)/python -m bench.everything $(ARGS)

.PHONY: new-channel
new-channel: $(READY) ## make new-channel NAME=acme: a channel that works, to be filled in
	$(BIN)/python scripts/new_channel.py "$(NAME)"

.PHONY: lock
lock: $(READY) ## write requirements/*.lock from pyproject.toml (ARGS=--upgrade for newer versions)
	scripts/lock.sh $(ARGS)

.PHONY: example-fraud
example-fraud: $(READY) ## replay a public fraud data set (DATA=folder) and compare with its labels
	$(BIN)/python examples/fraud_ecommerce.py --data "$(DATA)" --out out/fraud
	$(BIN)/orderguard replay out/fraud/events.jsonl.zst --out out/fraud/replay \
		--labels out/fraud/labels.jsonl
	$(BIN)/python examples/evaluate.py out/fraud/events.jsonl.zst out/fraud/labels.jsonl \
		out/fraud/replay

.PHONY: example-olist
example-olist: $(READY) ## replay public order lives (DATA=folder), compare with a plain reading of them
	$(BIN)/python examples/olist.py --data "$(DATA)" --out out/olist
	$(BIN)/orderguard replay out/olist/events.jsonl.zst --out out/olist/replay
	$(BIN)/python examples/olist_health.py library out/olist/library
	$(BIN)/orderguard replay out/olist/events.jsonl.zst --out out/olist/tuned \
		--library out/olist/library
	$(BIN)/python examples/olist_health.py compare out/olist/replay out/olist/tuned \
		--data "$(DATA)" --write docs/reference/results.md
