# The doors of the house. `make` alone lists them; each is one line here and a script where it is more.

.DEFAULT_GOAL := help
.PHONY: help run test test-fast prove-agents prove-keys prove-fuzz prove-dialects prove-streams prove-routing prove-fleet prove-limits prove-faults prove-simulation prove-ledger prove-reports prove-paying image-check dev bench schema fmt lint

help: ## list the doors
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up and start the gateway; ARGS="--listen 127.0.0.1:4100" goes to it
	@scripts/setup build
	@cargo build --locked --profile quick --package cli
	@exec target/quick/bellwether $(ARGS)

test: ## set up and run everything CI runs
	@scripts/setup test
	@scripts/test

test-fast: ## format, tidy and unit tests: under a minute once built
	@scripts/setup build
	@scripts/test fast

image-check: ## build the release as the Dockerfile does, and run its root without an engine: ten to twenty minutes
	@scripts/setup test
	@scripts/setup release
	@scripts/check-image --release

prove-agents: ## Codex CLI and Claude Code, as published, do a task through the gateway: about a minute, once installed
	@scripts/setup agents
	@scripts/prove-agents $(ARGS)

prove-keys: ## KEYS=1000000 keys: a start, memory a key, a look-up, a revoke; figures on an idle machine: about three minutes
	@scripts/setup build
	@MANY_KEYS=$(or $(KEYS),1000000) cargo test --locked --quiet --profile quick --package store --test many_keys -- --nocapture many_keys_are

prove-fuzz: ## fuzz each reader of strangers' bytes for SECONDS=600; ARGS="head sse" for some
	@scripts/setup fuzz
	@scripts/fuzz $(or $(SECONDS),600) $(ARGS)

prove-dialects: ## CASES=10000 made-up conversations and answers through every pair of dialects
	@scripts/setup build
	@DIALECT_CASES=$(or $(CASES),10000) cargo test --locked --quiet --package dialects --test conversations

prove-streams: ## CASES=10000 made-up answers that break up to four times and are gone on with by other sources
	@scripts/setup build
	@RESCUE_CASES=$(or $(CASES),10000) cargo test --locked --quiet --package dialects --test rescue

prove-routing: ## SEEDS=100000 made-up fleets with faults through the routing core on a virtual clock: about five minutes
	@scripts/setup build
	@SIMULATION_SEEDS=$(or $(SEEDS),100000) cargo test --locked --quiet --package routing --test simulation

prove-ledger: ## KILLS=200 of a process that moves money, OPERATIONS=1000000 on every database, and what it costs: about ten minutes
	@scripts/setup build
	@LEDGER_OPERATIONS=$(or $(OPERATIONS),1000000) cargo test --locked --quiet --package ledger --test books
	@LEDGER_OPERATIONS=$(or $(OPERATIONS),1000000) LEDGER_KILLS=$(or $(KILLS),200) cargo test --locked --quiet --profile quick --package store --lib ledger:: -- --nocapture
	@cargo test --locked --quiet --profile quick --package store --lib ledger::tests::figures -- --ignored --nocapture

prove-reports: ## CALLS=100000000 as sums and ROWS=5000000 as rows: how long a month's report takes, and how much room it all takes: about twenty minutes
	@scripts/setup build
	@REPORTS_CALLS=$(or $(CALLS),100000000) REPORTS_ROWS=$(or $(ROWS),5000000) cargo test --locked --quiet --profile quick --package store --lib reports::proof -- --nocapture --test-threads 1

prove-paying: ## KILLS=200 of a gateway whose calls are paid for, a database that is away for AWAY=60 seconds, STREAMS=1000 on one unit, a clock that jumps for CLOCK=60: about twelve minutes
	@scripts/setup test
	@cargo build --locked --quiet --profile quick --package cli
	@PAYING_KILLS=$(or $(KILLS),200) PAYING_AWAY_S=$(or $(AWAY),60) RUSH_STREAMS=$(or $(STREAMS),1000) CLOCK_S=$(or $(CLOCK),60) BELLWETHER_BIN=target/quick/bellwether \
		.venv/bin/python -m pytest -q tests/e2e/test_paying_kills.py tests/e2e/test_paying_without_database.py tests/e2e/test_paying_rush.py tests/e2e/test_clock.py

prove-simulation: ## SEEDS=10000 made-up fleets, troubles and callers through the whole gateway on a virtual clock: about five minutes
	@scripts/setup build
	@SIMULATION_SEEDS=$(or $(SEEDS),10000) cargo test --locked --quiet --package gateway --lib simulation

prove-fleet: ## three regions of two nodes die in every way under load; times are judged as promised: seven minutes on an idle machine
	@scripts/setup test
	@cargo build --locked --quiet --profile quick --package cli
	@FLEET_LONG=1 BELLWETHER_BIN=target/quick/bellwether .venv/bin/python -m pytest tests/e2e/test_fleet.py --quiet $(ARGS)

prove-limits: ## SECONDS=60 of ten times the limit on 1, 8 and 64 connections: about four minutes
	@scripts/setup test
	@cargo build --locked --quiet --profile quick --package cli
	@LIMITS_S=$(or $(SECONDS),60) BELLWETHER_BIN=target/quick/bellwether .venv/bin/python -m pytest tests/e2e/test_rate_limits.py --quiet $(ARGS)

prove-faults: ## SECONDS=600 of all kinds of faults under steady load: hardly a caller notices
	@scripts/setup test
	@cargo build --locked --quiet --profile quick --package cli
	@FAULTS_S=$(or $(SECONDS),600) BELLWETHER_BIN=target/quick/bellwether .venv/bin/python -m pytest tests/e2e/test_mixed_faults.py --quiet $(ARGS)

dev: ## the gateway in front of the simulator, seeded; ARGS as in run
	@scripts/setup build
	@scripts/dev $(ARGS)

bench: ## our release binary against nginx, one line per metric
	@scripts/setup-bench
	@tools/bench/run.sh $(ARGS)

schema: ## write config.schema.json anew from the code
	@UPDATE_SCHEMA=1 cargo test --quiet --package config schema

fmt: ## format all Rust code
	@cargo fmt --all

lint: ## clippy on everything, and the house rules
	@cargo clippy --workspace --all-targets --quiet -- -D warnings
	@cargo xtask tidy
