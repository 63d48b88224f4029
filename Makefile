# Cartouche: `make run` runs it, `make test` tests everything.
GO    ?= go
BIN   := bin
LINT  := $(CURDIR)/$(BIN)/golangci-lint
export CGO_ENABLED = 0
export GOFLAGS := $(GOFLAGS) -buildvcs=false

.PHONY: help run build test check fmt vet lint tidy static postgres valkey packaging race attack client client-test examples docs docs-check browser release e2e bench timing conformance fuzz fault clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## run the server with a demo page, on loopback
	$(BIN)/cartouche serve --dev

build: ## build bin/cartouche
	$(GO) build -ldflags='-s -w' -o $(BIN)/cartouche ./cmd/cartouche

test: check build race client-test examples docs-check e2e ## run every test and every check

check: fmt vet lint tidy static packaging ## formatting, vet, linters, go.mod, a build without cgo

fmt: $(LINT)
	@$(LINT) fmt --diff ./... || { echo "run: $(BIN)/golangci-lint fmt ./..."; exit 1; }

vet:
	$(GO) vet ./...
	cd bench && $(GO) vet ./...
	cd conformance && $(GO) vet ./...
	cd otel && $(GO) vet ./...

lint: $(LINT)
	$(LINT) run --allow-parallel-runners ./...
	cd bench && $(LINT) run --allow-parallel-runners ./...
	cd conformance && $(LINT) run --allow-parallel-runners ./...
	cd otel && $(LINT) run --allow-parallel-runners ./...

tidy:
	$(GO) mod tidy -diff
	cd bench && $(GO) mod tidy -diff
	cd conformance && $(GO) mod tidy -diff
	cd otel && $(GO) mod tidy -diff

static:
	$(GO) build ./...

# The race detector needs cgo and a C compiler.
race: postgres valkey
	@command -v gcc >/dev/null || command -v clang >/dev/null || \
	  { echo "the race detector needs a C compiler: install gcc (apt-get install gcc libc6-dev)"; exit 1; }
	CGO_ENABLED=1 $(GO) test -race -shuffle=on -timeout 12m ./...
	cd bench && CGO_ENABLED=1 $(GO) test -race -shuffle=on ./...
	cd conformance && CGO_ENABLED=1 $(GO) test -race -shuffle=on ./...
	cd otel && CGO_ENABLED=1 $(GO) test -race -shuffle=on ./...

attack: postgres ## attack the real server, long attacks too; docs/reference/security.md has the list
	$(GO) test -count=1 -timeout 30m ./attack -attack.full

packaging: ## hold the examples of units and proxies against what reads them
	@sh packaging/check

postgres: ## find PostgreSQL for the tests, or install it
	@sh .ci/postgres

valkey: ## find Valkey or Redis for the tests, or install it
	@sh .ci/valkey

browser: ## find Node.js and Chromium for the browser tests, or install Chromium
	@sh .ci/chromium

node_modules/.all: package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

# Whoever only wants the package does not wait for the tools of everything else.
node_modules/.client: package-lock.json
	@test -e node_modules/.all || npm ci --no-audit --no-fund --workspace client
	@touch $@

client: node_modules/.client ## build the TypeScript client and pack it, as client/cartouche-client.tgz
	npm run --silent build --workspace client
	@cd client && npm pack --silent >/dev/null && mv cartouche-client-[0-9]*.tgz cartouche-client.tgz

client-test: node_modules/.all ## check and test the TypeScript client, and what would be published
	npm run --silent check --workspace client
	npm test --silent --workspace client
	npm run --silent dist --workspace client

examples: client/dist/index.js ## check and build the example apps
	for example in react axios-djoser; do (cd examples/$$example && npm run --silent check && npm run --silent build -- --logLevel warn) || exit 1; done

docs: docs-check ## build the documentation as a site, in docs/.vitepress/dist
	npm run --silent build --workspace docs

docs-check: client/dist/index.js ## compile the code of the documentation, follow its links and read its spelling
	npm run --silent check --workspace docs
	npm test --silent --workspace docs

client/dist/index.js: node_modules/.all client/build.js $(wildcard client/src/*.ts client/src/*/*.ts)
	npm run --silent build --workspace client

e2e: browser build client/dist/index.js ## run the journeys in a real browser
	npm run --silent check --workspace e2e
	npm test --silent --workspace e2e

release: node_modules/.all client/dist/index.js ## build a release, twice, with checksums and lists of parts: make release VERSION=v0.1.0
	sh .ci/release "$(VERSION)"
	npm pack --dry-run --workspace client

# The linter is built from its own module file, so that it adds nothing to ours.
$(LINT): tools.mod
	$(GO) build -modfile=tools.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bench: build ## measure, print one table, and write docs/explanation/performance.md
	-@sh conformance/install
	cd bench && $(GO) run . -publish ../docs/explanation

timing: build ## measure whether the time of an answer tells who has an account
	cd bench && $(GO) run . timing

conformance: build ## compare every answer with that of a real Django
	sh conformance/install
	cd conformance && $(GO) run .

# The seeds of every target run as ordinary tests in `make test`. Real fuzzing does not: each target costs half a minute of building alone, and finds nothing in seconds.
fuzz: ## fuzz every target for FUZZTIME (30s) each
	@GO=$(GO) sh .ci/fuzz

# `make test` kills servers for 10 s; all the rest of the faults is the same there.
fault: postgres ## break what servers stand on, for FAULT_TIME (10m)
	FAULT_TIME=$${FAULT_TIME:-10m} $(GO) test -count=1 -timeout 60m -v ./fault

clean: ## delete what was built
	rm -rf $(BIN) conformance/.venv node_modules client/dist e2e/screenshots docs/.vitepress/dist docs/.vitepress/cache docs/.check release
