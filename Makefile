# Cartouche: `make run` runs it, `make test` tests everything.
GO        ?= go
BIN       := bin
LINT      := $(BIN)/golangci-lint
export CGO_ENABLED = 0

.PHONY: help run build test check fmt vet lint tidy postgres race bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## run the server with a demo page, on loopback
	$(BIN)/cartouche serve --dev

build: ## build bin/cartouche
	$(GO) build -trimpath -o $(BIN)/cartouche ./cmd/cartouche

test: check postgres build race ## run every test and every check

check: fmt vet lint tidy ## formatting, vet, linters, go.mod

fmt: $(LINT)
	@$(LINT) fmt --diff ./... || { echo "run: $(LINT) fmt ./..."; exit 1; }

vet:
	$(GO) vet ./...
	cd bench && $(GO) vet ./...

lint: $(LINT)
	$(LINT) run ./...

tidy:
	$(GO) mod tidy -diff
	cd bench && $(GO) mod tidy -diff

# The race detector needs cgo and a C compiler; without one the tests still run, and the output says what was left out.
race: postgres
	@if command -v gcc >/dev/null || command -v clang >/dev/null; then \
	  echo "$(GO) test -race -shuffle=on ./..."; CGO_ENABLED=1 $(GO) test -race -shuffle=on -timeout 12m ./...; \
	else echo "no C compiler: install gcc to run the tests under the race detector (apt-get install gcc)"; exit 1; fi

postgres: ## find PostgreSQL for the tests, or install it
	@sh .ci/postgres

$(LINT): tools.mod
	$(GO) build -modfile=tools.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bench: build ## measure, and print one table
	cd bench && $(GO) run . 

clean: ## delete what was built
	rm -rf $(BIN)
