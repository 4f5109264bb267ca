# Two commands do everything on a fresh machine with Go and make:
#   make demo    runs the function on examples/quickstart
#   make test    passes the tests
.DEFAULT_GOAL := help
SHELL := /bin/bash -o pipefail

VERSION ?= dev
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.2
BINARY := bin/ambient-profile

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## build the function into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BINARY) ./fn

.PHONY: demo
demo: build ## run kustomize with the function on examples/quickstart
	cp $(BINARY) examples/quickstart/ambient-profile
	go tool kustomize build --enable-alpha-plugins --enable-exec examples/quickstart

.PHONY: test
test: ## run the tests
	go test ./...

.PHONY: golden
golden: ## rewrite the golden files and what the examples print; read the difference
	-go test ./fn -run 'TestGolden|TestExamplesBuild' -update
	git status --short testdata examples

.PHONY: lint
lint: ## gofmt, go vet and golangci-lint
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	go vet ./...
	go run $(GOLANGCI) run ./...

.PHONY: verify
verify: lint ## what CI runs: lint, race tests, properties, a short fuzz, golden files clean, examples build
	go mod tidy -diff
	go test -race ./...
	go test ./fn -run TestProperty -configurations 1000
	$(MAKE) --no-print-directory fuzz FUZZTIME=3s
	$(MAKE) --no-print-directory demo > /dev/null
	@test -z "$$(git status --porcelain -- testdata examples | tee /dev/stderr)" || { echo "verify: the tests changed these files"; exit 1; }

.PHONY: mutation
mutation: ## put deliberate faults into the code, one at a time, and see each caught (minutes)
	go test ./test/mutation -v -timeout 2h -run-mutants

FUZZTIME ?= 1m
.PHONY: fuzz
fuzz: ## try made-up input on each fuzz target, for FUZZTIME
	@set -e; for file in $$(git ls-files '*_test.go' | xargs grep -l '^func Fuzz'); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' $$file); do \
			echo "$$target, $$(dirname $$file)"; \
			go test ./$$(dirname $$file) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) | tail -n 1; \
		done; \
	done
