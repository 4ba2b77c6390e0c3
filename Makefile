# Ringsplash. The two commands to know: `make demo` and `make test`.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS   += --no-print-directory
export GOFLAGS := $(GOFLAGS) -buildvcs=false

GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VERSION  := $(shell git -c safe.directory='*' describe --tags --always --dirty 2>/dev/null || echo unversioned)
LOCK     := $(shell sha256sum package-lock.json 2>/dev/null | cut -c1-16)
MODULES  := node_modules/.lock-$(LOCK)
WEB      := webclient/dist/index.html
WEBFILES := $(shell find webclient package.json package-lock.json \( -path webclient/dist -o -path 'webclient/package/*.js' -o -name '*.go' \) -prune -o -type f -print 2>/dev/null)
FUZZTIME ?= 30s

.PHONY: model help build demo test deps vet lint check unit phones web browser bench soak screenshots fuzz mutants clean

help:         ## say what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

build: $(WEB) ## build bin/ringsplash with the web client inside
	go build -ldflags '-X main.version=$(VERSION)' -o bin/ringsplash .

demo: build   ## run the gateway with two users and a simulated deskphone, for this computer only
	bin/ringsplash demo

# Cheap and telling first, browsers last: the summary of node closes the output.
test: deps vet lint check build unit phones web browser ## run every check and test

deps:         ## install the Debian packages the tests need, when some are missing
	@.ci/deps

vet:
	go vet ./...

lint:         ## golangci-lint, with the import direction as a rule
	$(GOLANGCI) run ./...

check: $(MODULES) ## type-check and lint the web client
	npm run --silent check

# Built side by side, then run one package after the other: clocks in the tests
# want the machine for themselves. Within a package the tests that mostly wait
# do so side by side. Each run has another order; a failure names its seed, and
# go test -shuffle=SEED repeats it.
unit:         ## Go tests of all packages, with the race detector
	@go test -race -run '^$$' ./... > /dev/null
	go test -race -shuffle=on -p 1 -parallel 4 -timeout 6m $$(go list ./... | grep -v '^ringsplash/test/phones')

# The gateway under test carries the race detector; it fails a test that makes it report.
bin/ringsplash-race: $(WEB) FORCE
	go build -race -ldflags '-X main.version=$(VERSION)' -o $@ .

phones: bin/ringsplash-race ## whole-program tests against baresip and sipp
	RINGSPLASH_BIN=$(CURDIR)/$< go test -count=1 -parallel 4 -timeout 8m ./test/phones/...

web: $(MODULES) ## unit tests of the web client
	npm test --silent

browser: bin/ringsplash-race $(MODULES) ## whole-program tests with real browsers and phones
	@RINGSPLASH_BIN=$(CURDIR)/$< node --test --test-reporter=tap --test-concurrency=1 $$(ls test/browser/*.test.mjs)

# Fewer clicks than the rest: a tab may send 300 commands at once, then 30 a second.
# A round of forged packets takes half a second.
bench: build $(MODULES) ## measure delays and cost, as median and p99
	go test -run "^$$" -bench 'Click|Forged' -benchtime 80x ./bench
	go test -run "^$$" -bench . -skip 'Click|Forged' -benchtime 2000x ./bench ./policy ./chat
	RINGSPLASH_BIN=$(CURDIR)/bin/ringsplash node bench/page.mjs

# The second round of unit has another order of the tests; each package has 6 minutes.
soak: build $(MODULES) ## 20,000 calls, and ten times as many as it takes for a minute, then unit once more
	RINGSPLASH_BIN=$(CURDIR)/bin/ringsplash go test -count=1 -v -timeout 30m -run '^TestSoak' ./test/phones -soak.calls=20000 | grep -vE '^(===|\s*$$)'
	@$(MAKE) unit
	GERMAN=all node --test webclient/test/german.test.mjs

screenshots: build $(MODULES) ## picture every screen at five widths, light and dark, into screenshots/
	npm run --silent screenshots

model:        ## a million random events for the call machine
	go test -run TestModel ./gateway -model.runs=200

# Making a long input shorter would take most of the time: 13 runs of an offer in 15 s
# instead of 190,000.
fuzz:         ## fuzz what a stranger can send, FUZZTIME for each target
	@grep -rlE '^func Fuzz' --include='*_test.go' --exclude-dir=node_modules . | while read -r f; do \
	  for t in $$(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$$f" | cut -c6-); do \
	    go test -run '^$$' -fuzz "^$$t$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$(dirname "$$f")"; \
	  done; done

mutants: $(WEB) ## make known mistakes one after the other, each must fail the test it names
	@test/mutants/run.sh

clean:        ## remove everything that was built
	rm -rf bin node_modules screenshots demo-data webclient/package/*.js
	find webclient/dist -mindepth 1 ! -name .gitkeep -delete

$(MODULES): package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

$(WEB): $(WEBFILES) $(MODULES)
	npm run --silent build
	@touch $@

FORCE:
