# demo and test are all that a newcomer needs; the others are for those who change the code.
CARGO ?= cargo
BUILD_PACKAGES = build-essential pkg-config libssl-dev zlib1g-dev
# Real agents, a real sshd, and the peer that some tests compare with.
TEST_PACKAGES = openssh-server openssh-client resource-agents pacemaker-cli-utils pacemaker-resource-agents \
    zsh fish less e2fsprogs util-linux mount tzdata libxml2-utils corosync iproute2 \
    fence-agents pacemaker-common systemd systemd-sysv systemd-container dbus procps \
    postgresql resource-agents-paf \
    corosync-qdevice corosync-qnetd libfaketime \
    esmtp python3-aiosmtpd snmp snmpd snmptrapd \
    dpkg-dev man-db logrotate sudo \
    pacemaker crmsh pcs
SEEDS ?= 10000
FUZZ_SECONDS ?= 20
FUZZ_LIMIT ?= -max_total_time=$(FUZZ_SECONDS)

.PHONY: demo deb rpm docs test check fix bless bench bench-lab sim storm corpus compare compare-crmsh fuzz need-build need-test

need-build:
	@scripts/need $(BUILD_PACKAGES)

need-test: need-build
	@scripts/need $(TEST_PACKAGES)
	@scripts/need-cargo cargo-deb

# A cluster on this host, with its shell.
demo: need-build
	$(CARGO) build --release --workspace
	target/release/quorate demo

# Packages for Debian, quorate-shell and quorate, in target/debian; and for other distributions in target/rpm, which
# are built here and installed nowhere yet.
deb rpm: need-build
	@scripts/need dpkg-dev
	$(CARGO) build --release --workspace --bins
	scripts/packages $@ target/release target/$(patsubst deb,debian,$@)
	@ls target/$(patsubst deb,debian,$@)/*.$@

# The manual as a book, in target/manual: chapters, pictures and a page of reference for each name.
docs: need-build
	@scripts/need-cargo mdbook
	$(CARGO) build --workspace --bins
	PATH="$$PWD/target/tools/bin:$$PATH" scripts/manual target/debug target/manual
	@ls target/manual/index.html

# Everything that is checked before a change lands, save style. A test that cannot run here says so in a line;
# with CI=true that is a failure, unless tests/cannot_run.toml excuses it.
test: need-test
	$(CARGO) build --workspace --all-targets
	$(CARGO) test --workspace --no-fail-fast

# Style: never writes.
check: need-build
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

fix:
	$(CARGO) fmt --all
	$(CARGO) clippy --workspace --all-targets --fix --allow-dirty --allow-staged

# Rewrites expectations of recorded screens and transcripts: read the diff.
bless:
	QUORATE_BLESS=1 $(CARGO) test --workspace

# The whole cluster under faults: make sim SEEDS=10000, or make sim SEED=17 for one with its story.
sim:
ifdef SEED
	QUORATE_SEED=$(SEED) $(CARGO) test --release -p quorate-tests --test simulation -- --nocapture
else
	QUORATE_SEEDS=$(SEEDS) $(CARGO) test --release -p quorate-tests --test simulation -- --nocapture
endif

# Hosts under Corosync, and one thing after the other that happens to them: make storm SECONDS=3600 HOSTS=5 SEED=7.
SECONDS ?= 600
HOSTS ?= 3
storm: need-test
	$(CARGO) build --workspace
	QUORATE_STORM_SECONDS=$(SECONDS) QUORATE_STORM_HOSTS=$(HOSTS) QUORATE_STORM_SEED=$(or $(SEED),1) \
	    $(CARGO) test -p quorate-tests --test storm -- --nocapture

# The recorded scheduler cases, with a list of what differs; and, where QUORATE_PACEMAKER names a source tree of
# Pacemaker 3.0, its regression tests of the tools, by group.
corpus:
	$(CARGO) build --release --workspace
	python3 $${QUORATE_CORPUS:-../shared/conformance}/scheduler.py -- target/release/quorate crm_simulate
	@if [ -z "$$QUORATE_PACEMAKER" ]; then \
	    echo "tools: QUORATE_PACEMAKER names no source tree of Pacemaker: its tests of the tools are left out"; \
	else \
	    target/release/quorate install-links target/corpus && ln -sf ../release/crm_mon target/corpus/ && \
	    scripts/tools-corpus target/corpus; \
	fi

# Random CIBs, and recorded ones varied, beside the installed crm_simulate or another:
# make compare COUNT=5000 QUORATE_PEER=…
COUNT ?= 1000
compare:
	$(CARGO) build --release --workspace
	@scripts/need pacemaker-cli-utils
	target/release/compare_schedulers $(COUNT)
	target/release/compare_schedulers $(COUNT) --recorded --injected

# Made-up configurations, loaded by us and by the crmsh that is installed: make compare-crmsh FILES=100.
FILES ?= 30
compare-crmsh:
	$(CARGO) build --workspace
	@scripts/need crmsh
	QUORATE_SEEDS=$(FILES) $(CARGO) test -p quorate-tests --test shell_peer -- --nocapture

# Side by side with the peers, as ratios.
bench:
	$(CARGO) build --release --workspace
	@scripts/need pacemaker-cli-utils crmsh
	scripts/bench

# The cluster beside Debian's Pacemaker: the same hosts on this machine, the same corosync.conf. It needs root.
# make bench-lab ROWS="crash leader" OPTIONS="--rounds 5"; target/release/bench_lab --help tells them. The peer is
# not installed by this: a cluster manager would begin to run here.
bench-lab: need-test
	$(CARGO) build --release --workspace
	target/release/bench_lab $(ROWS) $(OPTIONS)

# Each fuzz target for a while; cargo-fuzz is installed if it is missing.
FUZZ = PATH="$(CURDIR)/target/tools/bin:$$PATH" RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run
fuzz: need-build
	@command -v cargo-fuzz >/dev/null || test -x target/tools/bin/cargo-fuzz || \
	    { echo "installing cargo-fuzz"; $(CARGO) install -q cargo-fuzz --root target/tools; }
	@for target in grammar xml patch wire script; do \
	    echo "fuzzing $$target: $(FUZZ_LIMIT)"; \
	    $(FUZZ) $$target -- $(FUZZ_LIMIT) -print_final_stats=1 -verbosity=0 || exit 1; \
	done
