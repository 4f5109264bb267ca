# Two commands do everything on a fresh machine with Go and make:
#   make demo    runs the function on examples/quickstart
#   make test    passes the tests
.DEFAULT_GOAL := help
SHELL := /bin/bash -o pipefail

VERSION ?= dev
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.2
BINARY := bin/ambient-profile
IMAGE ?= ghcr.io/kubeflow-ambient/ambient-profile:$(VERSION)
COMMIT ?= $(shell git rev-parse HEAD 2> /dev/null || echo unknown)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2> /dev/null || echo 0)
COMMIT := $(COMMIT)
SOURCE_DATE_EPOCH := $(SOURCE_DATE_EPOCH)
ifeq ($(origin BUILDER),undefined) # asked for once, and only where an image is built
BUILDER = $(eval BUILDER := $(shell image/builder.sh))$(BUILDER)
endif
BUILD_FLAGS = --build-arg BUILDER=$(BUILDER) --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) --build-arg SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: build
build: ## build the program into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BINARY) ./cmd/ambient-profile

.PHONY: demo
demo: build ## run kustomize with the function on examples/quickstart, and show who may reach what
	@cp $(BINARY) examples/quickstart/ambient-profile
	@go tool -modfile=tools/go.mod kustomize build --enable-alpha-plugins --enable-exec examples/quickstart > bin/demo.yaml
	@echo "kustomize ran the function on examples/quickstart. From one Profile and one AmbientProfile it made" \
		"$$(grep '^kind: ' bin/demo.yaml | grep -cvx 'kind: Profile') objects; with the Profile, they are in bin/demo.yaml."
	@echo; echo "Who may reach the namespace of the user now:"; echo
	@$(BINARY) explain bin/demo.yaml | awk '/^kubeflow-user-example-com/ { on = 1 } /^$$/ { on = 0 } on'
	@echo; echo "Try next:"
	@echo "  bin/ambient-profile explain bin/demo.yaml                       every namespace"
	@echo "  bin/ambient-profile ask -h                                      why one request is allowed or denied"
	@echo "  less examples/quickstart/README.md examples/access-check/README.md"

.PHONY: test
test: ## run the tests
	go test -timeout 40m ./...

.PHONY: image
image: ## build the container image from the Dockerfile; BUILDER=golang:1.26 or an image of your own
	@test -n "$(BUILDER)" || { echo "image: error: no builder image; does Docker answer?" >&2; exit 1; }
	docker build $(BUILD_FLAGS) -t $(IMAGE) .

.PHONY: image-test
image-test: image ## test the image: Docker, kustomize, kpt, built again, arm64
	AMBIENT_PROFILE_IMAGE=$(IMAGE) AMBIENT_PROFILE_DOCKER_BUILD="$(BUILD_FLAGS)" go test ./fn -count=1 -timeout 30m -v -run 'Container|Kpt|Dockerfile|Commands'

.PHONY: golden
golden: ## rewrite the golden files, what the examples print, and the pages of docs that tests make; read the difference
	-go test ./fn -run 'TestGolden|TestExamplesBuild|TestCorpus|TestCompatibilityPage' -update
	-go test ./cmd/ambient-profile -run TestMessagesPage -update
	-go test ./pkg/access -run TestFieldsPage -update
	git status --short testdata examples docs

.PHONY: lint
lint: ## gofmt, go vet, golangci-lint and actionlint; test/bench and test/conformance too
	@test -z "$$(gofmt -l . | tee -a /dev/stderr)"
	go vet ./... && go -C test/bench vet ./... && go -C test/conformance vet ./...
	for module in . test/bench test/conformance; do (cd $$module && GOLANGCI_LINT_CACHE=$(CURDIR)/bin/golangci-lint go run $(GOLANGCI) run ./...) || exit 1; done # a cache that checkouts share knows files of those removed since
	go tool -modfile=tools/go.mod actionlint

# Tests that only run the function or the program many times, one run after the other: there are no races to detect.
ONE_BY_ONE = TestServeOrder|TestFollowed|TestLint|TestPropertyConversion|TestPropertyServeOrder|TestCorpus|TestRerun|TestAdvised|TestGolden|TestCommandsOfThePages|TestSessions

.PHONY: verify
verify: lint ## what CI runs: lint, race tests, properties, a short fuzz, golden files clean, examples build
	go mod tidy -diff
	go -C tools mod tidy -diff
	go test -race $$(go list ./... | grep -v '/fn$$\|/pkg/access$$')
	go test -timeout 20m ./pkg/access
	go test -race -timeout 30m ./pkg/access -set-points 20000 -set-worlds 10 -skip 'TestConform|TestSetsAgreeWithIstio|TestLinesAreTheSets|TestEachJudgedLineDecides|TestEachLineThatIsNotJudged|TestEveryAllowRuleIsNamed|TestLock|TestStepsAreBounded'
	go test -race -timeout 20m ./fn -configurations 60 -skip '$(ONE_BY_ONE)'
	go test -timeout 30m ./fn -run 'TestProperty|$(ONE_BY_ONE)' -configurations 500 -follow-each 0
	@$(MAKE) --no-print-directory fuzz FUZZTIME=3s || echo "verify: fuzzing found a failure (see above). Please fix it. It does not fail this run, because fuzz inputs vary from run to run"
	$(MAKE) --no-print-directory demo > /dev/null
	$(MAKE) --no-print-directory release-test vuln
	@if docker version > /dev/null 2>&1; then $(MAKE) --no-print-directory image-test; else echo "verify: NOT TESTED: the Dockerfile and its image; no Docker Engine answers"; fi
	@test -z "$$(git status --porcelain -- testdata examples | tee -a /dev/stderr)" || { echo "verify: the tests changed these files"; exit 1; }

.PHONY: bench
bench: ## run the Go benchmarks, each next to a kyaml function that changes nothing
	go test ./fn -run '^$$' -bench . -benchtime 3x

# The whole takes half an hour; ARGS="-n 1,100 -rounds 3" takes a minute once the tools are built.
.PHONY: bench-compare
bench-compare: ## compare with helm, kustomize and kyaml as whole processes (ARGS="-n 1,100 -rounds 3")
	cd test/bench && go run . $(ARGS)

.PHONY: conformance
conformance: ## ask Istio's own code again (compiles it: minutes) and hold the referee to its answers
	cd test/conformance && go test ./... && PILOT_ENABLE_AMBIENT=true go run . -root ../..
	cd test/conformance && PILOT_ENABLE_AMBIENT=true go run -modfile go.1.30.mod -tags istio130 . -root ../..
	go test ./pkg/access -count=1 -run Conform

.PHONY: e2e
e2e: ## apply every output to a real API server and a real istiod (compiles them: ten minutes); ISTIO=1.30 runs another istiod
	cd test/e2e && go vet ./... && go test -v -count=1 -timeout 40m $(E2E_FLAGS) .

.PHONY: browser
browser: ## open the HTML report in a real Chromium (Debian: apt-get install chromium)
	cd test/browser && go vet ./... && go test -count=1 -timeout 15m $(BROWSER_FLAGS) .

.PHONY: dataplane
dataplane: ## send requests through real Envoys that a real istiod configures (compiles what e2e compiles)
	cd test/dataplane && go vet ./... && go test ./ask && go test -v -count=1 -timeout 40m $(DATAPLANE_FLAGS) .
	cd test/dataplane && for dir in testdata/asked/*; do go run ./ask -expect $$dir || exit; done

.PHONY: dataplane-ask
dataplane-ask: ## put the AccessCheck and the manifests in DIR=... to real Envoys and to the referee
	@test -n "$(DIR)" || { echo "dataplane-ask: error: DIR is not set; write make dataplane-ask DIR=a-directory" >&2; exit 2; }
	cd test/dataplane && go run ./ask $(abspath $(DIR))

KUBECONFORM := github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0

.PHONY: schema
schema: ## write the JSON Schemas and docs/configuration.md from the Go types; kubeconform reads the examples
	go run ./schema
	go run $(KUBECONFORM) -strict -schema-location 'schema/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json' examples/*/ambientprofile.yaml examples/*/accesscheck.yaml

.PHONY: release
release: ## build archives, SBOMs, packages, checksums and the multi-arch OCI layout into dist/; no Docker needed
	rm -rf dist
	go run -C release . -version $(VERSION) -commit $(COMMIT) -epoch $(SOURCE_DATE_EPOCH)

.PHONY: release-test
release-test: ## build a release twice and look at every part of it
	go vet -C release ./...
	go test -C release -count=1 ./...

GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4

.PHONY: vuln
vuln: ## look for known vulnerabilities in the linked modules; prints NOT CHECKED if the database cannot be reached
	@out=$$(go run $(GOVULNCHECK) ./cmd/ambient-profile 2>&1) && echo "$$out" || \
	if grep -q 'Get "https://vuln.go.dev' <<< "$$out"; then echo "vuln: NOT CHECKED: known vulnerabilities; the database vuln.go.dev cannot be reached"; \
	else echo "$$out"; exit 1; fi

.PHONY: mutation
mutation: ## put deliberate faults into the code, one at a time, and see each caught (minutes)
	go test ./test/mutation -v -timeout 2h -run-mutants

FUZZTIME ?= 1m
.PHONY: fuzz
fuzz: ## try made-up input on each fuzz target, for FUZZTIME
	@set -e; for file in $$(git ls-files '*_test.go' | xargs grep -l '^func Fuzz'); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' $$file); do \
			echo "$$target, $$(dirname $$file)"; \
			out=$$(go test ./$$(dirname $$file) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x) || { echo "$$out"; exit 1; }; \
			{ grep execs <<< "$$out" || echo "NOT TRIED: $(FUZZTIME) were over before anything new was tried"; } | tail -n 1; \
		done; \
	done
