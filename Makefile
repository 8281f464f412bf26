# What there is to run. `make` alone lists it.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
CONFIG  ?= config.yml
FUZZFOR ?= 30s
CASES   ?= 100000

.DEFAULT_GOAL := help
.PHONY: help build run sandbox page test test-all race matrix mutants fuzz lint lint-fix ci image clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## bin/bot, static, with its version in it
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X es-restore/internal/bot.version=$(VERSION)" -o bin/bot ./cmd/bot

run: ## the bot from source, with CONFIG=config.yml
	go run ./cmd/bot --config $(CONFIG) serve

sandbox: ## a whole workspace on this machine, in the browser
	go run ./cmd/sandbox

page: ## the sandbox's page from its sources: needs Node
	web/build.sh

test: ## every test that needs nothing but Go
	go test ./...

test-all: ## every test: needs redis-server, Java 17, Maven, Node and Chromium too
	cd internal/slacksim/boltcheck && npm ci --no-audit --no-fund
	ESRESTORE_REQUIRE=redis,elasticsearch,node,browser go test -count=1 -timeout 20m ./...

race: ## the tests of `make test` under the race detector
	go test -race ./...

# What runs on real nodes, two of them at a time, so one package after the other; and
# what holds properties against CASES random cases each.
REAL   = Killed|PairOfVersions|PairsOfVersions|RealNode
RANDOM = Oracle
having = $$(grep -rlE '^func Test[A-Za-z]*($(1))' --include='*_test.go' . | grep -v node_modules | xargs -n 1 dirname | sort -u)

matrix: ## all pairs of versions, all kills, and more cases than a change waits for; writes docs/matrix.md
	@export ESRESTORE_REQUIRE=redis,elasticsearch ESRESTORE_MATRIX=1; mkdir -p bin; \
	{ go test -json -count=1 -p 1 -timeout 90m -run '$(REAL)' $(call having,$(REAL)); \
	  go test -json -count=1 -timeout 90m -run '$(RANDOM)' $(call having,$(RANDOM)) -rapid.checks=$(CASES); } | \
	go run ./internal/testreport -skips .ci/skips -log bin/matrix.log -table docs/matrix.md -commit "$$(git describe --always --dirty --exclude '*')"

mutants: ## each guard taken out in turn: its test must fail; ONLY=REGEXP for some of them
	go run ./internal/mutants '$(ONLY)'

fuzz: ## every fuzz test in turn, FUZZFOR=30s each
	@for package in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | grep -v node_modules | xargs -n 1 dirname | sort -u); do \
	  for name in $$(grep -rhoE '^func Fuzz[A-Za-z]+' "$$package" --include='*_test.go' | cut -d ' ' -f 2); do \
	    echo "== $$package $$name"; \
	    go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZFOR) "$$package" || exit 1; \
	  done; \
	done

lint: ## golangci-lint, of the version the checks use
	.ci/lint

lint-fix: ## the same, mending what can be mended mechanically
	.ci/lint --fix

ci: ## everything that must hold before a change is taken
	.ci/run

image: ## the container image es-restore:VERSION
	docker build --build-arg VERSION=$(VERSION) --tag es-restore:$(VERSION) .

clean: ## what was built here
	rm -rf bin
