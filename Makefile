# SPDX-License-Identifier: MIT
# The front door. Meson does the work (meson.build); every verb first lets tools/setup.sh see to its Debian packages.
SHELL := /bin/bash
.DEFAULT_GOAL := all
.PHONY: all test test-docs test-web newer demo san fuzz bench tidy format states mutate soak install clean help

F ?=
NET ?=
S ?= 60
PREFIX ?= /usr/local
SEEDS ?= 20000

all: ## the program at build/handfast: optimised, assertions on
	@tools/setup.sh build
	@tools/build.sh build

test: ## every test: unit, tools, interop with real peers
	@tools/setup.sh build test
	@tools/build.sh build
	@tools/run-tests.py build --no-suite docs

test-docs: ## hundreds of pages of documentation from nginx, counted and painted beside Chromium: some minutes
	@tools/setup.sh build test peers
	@tools/build.sh build
	@tools/run-tests.py build --suite docs

test-web: ## the pages we write, looked at in Chromium; its pictures are in build/web
	@tools/setup.sh build browser
	@tools/build.sh build
	@tools/run-tests.py build --suite web

newer: ## the same in a Debian 13 made for it (as root): a newer compiler, and an OpenSSL that has ML-KEM
	@tools/setup.sh newer
	@tools/newer.sh build-newer

demo: ## a page from its name to its picture; NET=tun: ladders, a lossy line, and the kernel's curl fetching from us
	@tools/setup.sh build $(if $(filter tun,$(NET)),demo)
	@tools/build.sh build
	@tools/demo$(if $(filter tun,$(NET)),,-page).sh

san: ## the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/setup.sh build
	@tools/build.sh build-san -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fno-sanitize-recover=all
	@tools/run-tests.py build-san --suite unit

fuzz: ## F=name S=60: one fuzzer, or all of them, for S seconds each
	@tools/setup.sh build fuzz
	@tools/fuzz.sh "$(F)" "$(S)"

bench: ## figures against their aims, as ratios in one run
	@tools/setup.sh build bench
	@tools/build.sh build
	@tests/bench/bench.py build

tidy: ## format, layers, symbols, links, banned calls, requirements, clang-tidy, cppcheck
	@tools/setup.sh build tidy
	@tools/build.sh build
	@tools/tidy.sh build

format: ## clang-format over the tree
	@tools/setup.sh tidy
	@tools/format.sh --write

states: ## draws the state machines from their tables into build/states
	@tools/setup.sh states
	@tools/states.py build/states

mutate: ## changes every row of every transition table; a test must notice each
	@tools/setup.sh build
	@tools/mutate.py

soak: ## SEEDS=20000: the simulated worlds with many more seeds than `make test` runs
	@tools/setup.sh build
	@tools/build.sh build
	@tools/soak.sh build "$(SEEDS)"

install: ## PREFIX=/usr/local DESTDIR=
	@tools/setup.sh build
	@tools/build.sh build
	@meson configure build -Dprefix="$(PREFIX)"
	@meson install -C build --quiet $(if $(DESTDIR),--destdir "$(DESTDIR)")

clean: ## all that was built
	@rm -rf build build-san build-fuzz build-newer

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 10
