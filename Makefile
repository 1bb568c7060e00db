# The two commands: `make demo` and `make test`. Each makes .venv, builds the wheel, installs it
# (never the source tree) and runs; the second time only what changed is done again. The linters and
# the C tests are for `make test` alone, which takes the rest as `make demo` has left it.
#
#   PYTHON=python3.12   the interpreter; by default the first that works and is at least 3.11
#   CC=clang            the C compiler; by default gcc
#   TORCH=0             tests without torch, which they compare with on Python 3.11, and without
#                       the examples that need it

ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11; do \
    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
    echo $$python && break; done)
endif
TORCH ?= 1
ifeq ($(origin CC),default)
CC := gcc
endif
export CC

# .venv and the build tree belong to one version; empty: there is none, or it is too old.
ifneq ($(PYTHON),)
VERSION := $(shell $(PYTHON) -c 'import platform, sys; \
    sys.version_info >= (3, 11) and print(platform.python_version())' 2>/dev/null)
endif
BIN := .venv/bin
BUILD := build/$(VERSION)
PIP := $(BIN)/python -m pip -qq

# Folders too: their time changes when a file in them goes.
SOURCES := CMakeLists.txt pyproject.toml README.md LICENSE $(shell \
    find src python \( -name __pycache__ -o -name '.?*' \) -prune -o -print)
C_FILES := $(filter %.c %.h,$(SOURCES)) \
    $(shell find examples tests -name '*.[ch]')

.NOTPARALLEL:
.PHONY: help check demo test docs lint format clean

help: check
	@echo 'make demo     pool a photograph with every method: a picture and a table'
	@echo 'make test     lint, the C tests, and the Python tests against the installed wheel'
	@echo 'make docs     the documentation, in docs/_build/html'
	@echo 'make lint     ruff, clang-format and mypy'
	@echo 'make format   let ruff and clang-format rewrite the sources'
	@echo 'make clean    remove .venv and all that was built'

demo: .venv/with-cli
	$(BIN)/poolreg demo --overwrite

test: lint .venv/with-test $(BUILD)/c-tests
	$(BIN)/ctest --test-dir $(BUILD) --output-on-failure
	cd tests && POOLREG_WHEEL="$$(echo $(CURDIR)/$(BUILD)/wheel/*.whl)" \
	    ../$(BIN)/pytest -n 2 --dist worksteal

ifneq ($(TORCH),0)
ifeq ($(basename $(VERSION)),3.11)
test: .venv/torch
endif
endif

docs: .venv/with-docs
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

# mypy looks into the packages that the extras bring.
lint: .venv/linters .venv/with-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/clang-format --dry-run --Werror $(C_FILES)
	$(BIN)/mypy

format: .venv/linters
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(C_FILES)

clean:
	rm -rf .venv build dist wheelhouse docs/_build docs/_pictures docs/api docs/methods

.venv/python-$(VERSION): | check
	rm -rf .venv
	$(PYTHON) -m venv .venv
	touch $@

# Groups of dependencies need a pip newer than the one that came with Python.
.venv/tools: pyproject.toml .venv/python-$(VERSION)
	$(PIP) install --upgrade pip
	$(PIP) install --group build
	touch $@

.venv/linters: .venv/tools
	$(PIP) install --group lint
	touch $@

# Not isolated, in a build tree that stays: after an edit only what it touches is compiled.
$(BUILD)/built: $(SOURCES) | .venv/tools
	rm -rf $(BUILD)/wheel
	$(PIP) wheel . --no-deps --no-build-isolation --wheel-dir $(BUILD)/wheel \
	    -C build-dir=$(BUILD) -C cmake.define.POOLREG_WERROR=ON -C cmake.define.POOLREG_C_TESTS=OFF
	touch $@

# In the same tree, beside the objects that are there.
$(BUILD)/c-tests: $(BUILD)/built $(wildcard tests/c/*)
	$(BIN)/cmake -B $(BUILD) -DPOOLREG_C_TESTS=ON --log-level=WARNING
	$(BIN)/cmake --build $(BUILD) -- --quiet
	touch $@

.venv/wheel: $(BUILD)/built .venv/tools
	$(PIP) install --no-deps --force-reinstall $(BUILD)/wheel/*.whl
	touch $@

.venv/with-%: .venv/wheel
	$(PIP) install "$$(echo $(BUILD)/wheel/*.whl)[$*]"
	touch $@

.venv/torch: .venv/tools
	$(PIP) install torch==2.13.0 onnx onnxruntime onnxscript scikit-learn
	touch $@

# Says what this machine lacks, and the line that installs it.
# install: $(1) packages of Debian and Ubuntu, $(2) packages of Fedora, $(3) the line for macOS
has = $(shell command -v $(1) 2>/dev/null)
install = $(if $(call has,apt-get),sudo apt-get install $(1),$(if $(call has,dnf),sudo dnf \
    install $(2),$(if $(call has,sw_vers),$(3),install the packages $(1))))
PY := $(or $(addprefix python,$(basename $(VERSION))),\
    $(filter python3.11 python3.12 python3.13,$(PYTHON)),python3$(if $(call has,python3),.11))
NEED_CC := $(call install,gcc libc6-dev,gcc,xcode-select --install)
NEED_PYTHON := $(call install,$(PY) $(PY)-venv $(PY)-dev,$(PY) $(PY)-devel,brew install python)

check:
	@need() { printf '%s\n    %s\n' "poolreg needs $$1. This installs it:" "$$2" >&2; lacks=1; }; \
	echo '#include <stdio.h>' | $(CC) -fsyntax-only -x c - 2>/dev/null || \
	    need 'a C compiler ($(CC)) and the C headers' '$(NEED_CC)'; \
	if [ -z '$(VERSION)' ]; then \
	    need 'Python 3.11 or newer$(if $(PYTHON), ($(PYTHON) is not))' '$(NEED_PYTHON)'; \
	else \
	    $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	        need 'the venv module of $(PYTHON)' '$(NEED_PYTHON)'; \
	    $(PYTHON) -c 'import sysconfig; open(sysconfig.get_path("include") + "/Python.h")' \
	        2>/dev/null || need 'the headers (Python.h) of $(PYTHON)' '$(NEED_PYTHON)'; \
	fi; \
	[ -z "$$lacks" ]
