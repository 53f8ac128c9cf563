# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` says what there is. The module itself is built by Kbuild.

KDIR      ?= /lib/modules/$(shell uname -r)/build
PREFIX    ?= /usr/local
BINDIR    ?= $(PREFIX)/bin
MANDIR    ?= $(PREFIX)/share/man
DOCDIR    ?= $(PREFIX)/share/doc/ringside
INCLUDEDIR ?= $(PREFIX)/include
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
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

.PHONY: all module tool install install-tool install-module install-source uninstall dkms-install dkms-remove dist deb \
	demo check check-debug check-packages bench lint clean help has-dkms

all: module tool

module:
	@[ -e "$(KDIR)/Makefile" ] || { echo "no headers of this kernel in $(KDIR): install linux-headers-$$(uname -r)," \
		"or use 'make demo', which boots a kernel that has them" >&2; exit 1; }
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" $$(sh module/toolchain.sh "$(KDIR)") modules

tool: build/ringside

build/ringside: $(objects)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(objects) $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -lm

# dkms.conf: the version is compiled in.
build/userland/%.o: userland/%.c Makefile dkms.conf | build/userland
	$(CC) $(cflags) -MMD -MP -c -o $@ $<

build/userland:
	mkdir -p $@

-include $(objects:.o=.d)

# What the tool comes with: file:mode:where it goes. What is here is installed, and what was installed is removed.
files := build/ringside:755:$(BINDIR)/ringside \
	userland/ringside.1:644:$(MANDIR)/man1/ringside.1 \
	userland/ringside.4:644:$(MANDIR)/man4/ringside.4 \
	userland/ringside.bash-completion:644:$(COMPLETIONDIR)/ringside \
	module/sysfs-kernel-ringside:644:$(DOCDIR)/sysfs-kernel-ringside \
	module/uapi/linux/ringside.h:644:$(INCLUDEDIR)/linux/ringside.h \
	module/uapi/linux/ringside_events.h:644:$(INCLUDEDIR)/linux/ringside_events.h \
	module/ringside.yaml:644:$(YNLDIR)/ringside.yaml

# Where modules_install puts it; a kernel built with CONFIG_MODULE_COMPRESS adds .xz or the like.
MODULE_DIR := updates
# What the kernel calls itself: Debian's kernel.release is another.
release = $(or $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' "$(KDIR)/include/generated/utsrelease.h" 2>/dev/null),$(shell uname -r))
installed_module = $(DESTDIR)/lib/modules/$(release)/$(MODULE_DIR)/ringside.ko
# Debian's headers lack the System.map without which modules_install leaves depmod out.
depmod = $(if $(DESTDIR),,depmod -a $(release))

install: install-tool install-module

install-tool: tool
	@set -e; for entry in $(files); do \
		IFS=:; set -- $$entry; unset IFS; \
		echo "install $(DESTDIR)$$3"; install -D -m "$$2" "$$1" "$(DESTDIR)$$3"; \
	done

install-module: module
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" INSTALL_MOD_PATH="$(DESTDIR)" INSTALL_MOD_DIR=$(MODULE_DIR) \
		$$(sh module/toolchain.sh "$(KDIR)") modules_install
	$(depmod)

# The folders that only we make go too.
uninstall:
	@set -e; for entry in $(files); do \
		IFS=:; set -- $$entry; unset IFS; \
		echo "remove $(DESTDIR)$$3"; rm -f "$(DESTDIR)$$3"; \
	done
	rm -f "$(installed_module)" "$(installed_module)".*
	@for folder in "$(DESTDIR)$(DOCDIR)" "$(DESTDIR)$(YNLDIR)" "$(dir $(DESTDIR)$(YNLDIR))" "$(dir $(installed_module))"; do \
		[ ! -d "$$folder" ] || rmdir --ignore-fail-on-non-empty "$$folder"; \
	done
	$(depmod)

# What DKMS builds from, here and in the package.
SOURCEDIR := /usr/src/ringside-$(VERSION)
install-source:
	install -d "$(DESTDIR)$(SOURCEDIR)/module/uapi/linux"
	install -m 644 Kbuild Makefile dkms.conf "$(DESTDIR)$(SOURCEDIR)"
	install -m 644 $(filter-out module/compat-probes.h,$(wildcard module/*.[ch] module/*.sh module/*.awk)) "$(DESTDIR)$(SOURCEDIR)/module"
	install -m 644 module/uapi/linux/*.h "$(DESTDIR)$(SOURCEDIR)/module/uapi/linux"

dkms-install: has-dkms install-source
	dkms install ringside/$(VERSION)

dkms-remove: has-dkms
	dkms remove ringside/$(VERSION) --all
	rm -rf "$(SOURCEDIR)"

has-dkms:
	@[ -n "$$(command -v dkms)" ] || { echo "there is no dkms here: install it, or use 'make install'" >&2; exit 1; }

dist:
	@scripts/dist build/ringside-$(VERSION).tar.gz
	@echo build/ringside-$(VERSION).tar.gz

# From the archive, so that nothing else gets in; the packages are left beside it.
deb: dist
	@scripts/setup deb
	rm -rf build/deb
	mkdir -p build/deb
	tar -xzf build/ringside-$(VERSION).tar.gz -C build/deb
	cd build/deb/ringside-$(VERSION) && DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS:+$$DEB_BUILD_OPTIONS }noautodbgsym" dpkg-buildpackage -us -uc -b
	@ls build/deb/*.deb

demo:
	@scripts/setup $(if $(filter 1,$(LIVE)),build,vm)
	@LIVE=$(LIVE) scripts/demo

check:
	@scripts/setup check
	@tests/run

check-debug:
	@scripts/setup check debug
	@tests/check-debug

check-packages:
	@scripts/setup check packages
	@tests/check-packages

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
		-o -name '.*.d' -o -name compat-probes.h -o -name modules.order -o -name Module.symvers \) -type f -exec rm -f {} +

help:
	@echo 'make              the module for the running kernel (KDIR=...) and the tool'
	@echo 'make demo         a one-minute tour in a throwaway VM; LIVE=1: on the running kernel'
	@echo 'make check        the tests on every kernel; KERNELS="6.1 7.3": on these'
	@echo 'make check-debug  the tests on kernels that check themselves, built here first: hours'
	@echo 'make check-packages  installs, upgrades and removes the packages on Debian 12 and 13, in VMs: an hour'
	@echo 'make bench        what it costs, beside what others cost'
	@echo 'make lint         sparse, checkpatch, clang-tidy, cppcheck, shellcheck'
	@echo 'make install      module and tool (DESTDIR, PREFIX=$(PREFIX)); also install-tool, install-module, uninstall'
	@echo 'make dkms-install the module by DKMS, which builds it anew for each kernel; also dkms-remove'
	@echo 'make deb          the packages ringside and ringside-dkms, in build/deb'
	@echo 'make dist         the sources as an archive, in build'
	@echo 'make clean        removes what was built here; downloads stay in the cache'
