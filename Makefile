# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` says what there is. The module itself is built by Kbuild.

KDIR      ?= /lib/modules/$(shell uname -r)/build
PREFIX    ?= /usr/local
BINDIR    ?= $(PREFIX)/bin
MANDIR    ?= $(PREFIX)/share/man
# The one place where the kernel's `ynl --family` looks, whatever PREFIX is.
YNLDIR    ?= /usr/share/ynl/specs
CC        ?= cc
CFLAGS    ?= -O2 -g
PKG_CONFIG ?= pkg-config
KERNELS   ?= 5.10 6.1 6.12 7.3
export KERNELS

# The version is written once, in dkms.conf.
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

sources := $(sort $(wildcard userland/*.c))
objects := $(sources:userland/%.c=build/userland/%.o)
LIBRARIES := libmnl smartcols libseccomp
# Asked for only when the tool is built.
cflags = -std=gnu11 -Wall -Wextra -Werror -Imodule/uapi -D_GNU_SOURCE -DRINGSIDE_VERSION='"$(VERSION)"' \
	$(shell $(PKG_CONFIG) --cflags $(LIBRARIES)) $(CFLAGS) $(CPPFLAGS)

.PHONY: all module tool install install-tool install-module demo check check-debug bench lint clean help

all: module tool

module:
	@[ -e "$(KDIR)/Makefile" ] || { echo "no headers of this kernel in $(KDIR): install linux-headers-$$(uname -r)," \
		"or use 'make demo', which boots a kernel that has them" >&2; exit 1; }
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" modules

tool: build/ringside

build/ringside: $(objects)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(objects) $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -lm

# dkms.conf: the version is compiled in.
build/userland/%.o: userland/%.c Makefile dkms.conf | build/userland
	$(CC) $(cflags) -MMD -MP -c -o $@ $<

build/userland:
	mkdir -p $@

-include $(objects:.o=.d)

install: install-tool install-module

install-tool: tool
	install -D -m 755 build/ringside "$(DESTDIR)$(BINDIR)/ringside"
	install -D -m 644 userland/ringside.8 "$(DESTDIR)$(MANDIR)/man8/ringside.8"
	install -D -m 644 module/ringside.yaml "$(DESTDIR)$(YNLDIR)/ringside.yaml"

install-module: module
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" INSTALL_MOD_PATH="$(DESTDIR)" modules_install

demo:
	@scripts/setup $(if $(filter 1,$(LIVE)),build,vm)
	@LIVE=$(LIVE) scripts/demo

check:
	@scripts/setup check
	@tests/run

check-debug:
	@scripts/setup check debug
	@tests/check-debug

bench:
	@scripts/setup bench
	@tests/bench

lint:
	@scripts/setup lint
	@tests/host/lint

# Kbuild's own clean needs headers, and its leavings beside the sources are these.
clean:
	rm -rf build
	find . -name .git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name '.*.d' -o -name modules.order -o -name Module.symvers \) -type f -exec rm -f {} +

help:
	@echo 'make              the module for the running kernel (KDIR=...) and the tool'
	@echo 'make demo         a one-minute tour in a throwaway VM; LIVE=1: on the running kernel'
	@echo 'make check        the tests on every kernel; KERNELS="6.1 7.3": on these'
	@echo 'make check-debug  the tests on kernels that check themselves, built here first: hours'
	@echo 'make bench        what it costs, beside what others cost'
	@echo 'make lint         sparse, checkpatch, clang-tidy, cppcheck, shellcheck'
	@echo 'make install      module, tool and specification (DESTDIR, PREFIX=$(PREFIX)); also install-tool, install-module'
	@echo 'make clean        removes what was built here; downloads stay in the cache'
