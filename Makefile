# Everything a developer does here. It needs Go and Node; what else a target needs, it installs (Debian's packages for
# the tests: Chromium, real Netdata agents and Prometheus).

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION)
UI       := web/ui
UI_SRC   := $(shell find $(UI)/src $(UI)/public $(UI)/index.html $(UI)/*.ts $(UI)/*.json -type f 2>/dev/null)
TOOLS    := $(CURDIR)/.cache/bin
FUZZTIME ?= 60s
GOLANGCI := v2.15.0

.PHONY: build run demo test test-go test-ui e2e lint fuzz bench bench-ui screenshots clean deps

build: $(UI)/dist/index.html
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o foster .

run: build
	./foster run --config config --data data

demo: build
	./foster demo --config demo/config --data demo/data

# The page: built once, embedded in the binary.
$(UI)/node_modules/.package-lock.json: $(UI)/package-lock.json
	cd $(UI) && npm ci --no-audit --no-fund
	@touch $@

$(UI)/dist/index.html: $(UI)/node_modules/.package-lock.json $(UI_SRC)
	cd $(UI) && npm run build

# Every test: Go with the race detector and real agents, the page's unit tests, and its journeys in Chromium.
test: deps test-ui test-go e2e

# The tests that play with real agents come last: these collect every second, and want the machine for themselves.
AGENTS := ./internal/agenttest/...
test-go: export FOSTER_BIN := $(CURDIR)/foster
test-go: build
	$(GO) test -race -timeout 20m $$($(GO) list ./... | grep -v /internal/agenttest)
	$(GO) test -p 4 -timeout 20m $(AGENTS)

test-ui: $(UI)/node_modules/.package-lock.json
	cd $(UI) && npm test

e2e: build
	$(UI)/tests/run-e2e.sh ./foster

# Debian's packages that the tests run: real agents, a browser, a Prometheus and its Alertmanager.
PACKAGES := netdata-core netdata-plugins-bash netdata-web chromium prometheus prometheus-alertmanager
deps:
	@missing=""; for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

$(TOOLS)/golangci-lint-$(GOLANGCI):
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	mv $(TOOLS)/golangci-lint $@

lint: $(TOOLS)/golangci-lint-$(GOLANGCI) $(UI)/dist/index.html
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(TOOLS)/golangci-lint-$(GOLANGCI) run
	cd $(UI) && npm run lint

# Each fuzz target for FUZZTIME.
fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$pkg; \
	  done; \
	done

bench: build
	$(GO) test -run '^$$' -bench . -benchmem ./...
	./foster bench
	./foster bench storage

# What the page downloads, its time to the first chart and the cost of sixty live ones, in Chromium.
bench-ui: build
	cd $(UI) && node tests/bench.mjs $(CURDIR)/foster

# The pictures of the README: every page in both themes.
screenshots: build
	cd $(UI) && node tests/screenshots.mjs ../../foster ../../docs/images

clean:
	rm -rf foster .cache $(UI)/node_modules
	find $(UI)/dist -mindepth 1 ! -name .gitkeep -delete
