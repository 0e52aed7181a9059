# `make book` and `make test` are all a newcomer needs; both make the environment first.
SHELL := /bin/bash
.SHELLFLAGS := -eo pipefail -c
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A pip constraints file, for example one that picks a CPU build of torch.
CONSTRAINTS ?=
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(CONSTRAINTS),--constraint "$(CONSTRAINTS)")

# How long `make evidence` trains, and for which claims; none named: those that an hour decides most of.
HOURS ?= 1
CLAIMS ?=
# How long `make soak` goes on, and where its luck begins.
MINUTES ?= 10
SEED ?= 0

.PHONY: help book test evidence full-shapes odd-machines soak clean
help:  ## Say what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

book: $(VENV)/.ready  ## Train one run in front of you, execute the chapters that changed, build the book
	@$(BIN)/grokkit run quickstart --profile laptop --store _build/live --train-only
	@$(BIN)/grokkit book --live _build/live

test: $(VENV)/.ready  ## Run everything there is to check
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/nbstripout --verify --keep-id notebooks/*.ipynb
	@rm -rf _build/test
	@$(BIN)/grokkit book --as-published
	@GROKKIT_COMPILED=0 GROKKIT_STORE="$(CURDIR)/_build/test/store" GROKKIT_CACHE="$(CURDIR)/_build/test/cache" \
		$(BIN)/python -m pytest --nbmake notebooks tests -n 2 --dist loadfile --nbmake-timeout=600

evidence: $(VENV)/.ready  ## Train missing evidence for HOURS=2.5 on two cores, what decides most claims first, and judge it
	@$(BIN)/grokkit next --hours $(HOURS) --workers 2 $(if $(CLAIMS),--claims $(CLAIMS))

full-shapes: $(VENV)/.ready  ## Compare and time the engine at full shapes (about 15 minutes); results go to benchmarks/
	@$(BIN)/python -m benchmarks.full_shapes

odd-machines: $(VENV)/.ready  ## Show that fresh clones work without browser, compiler or home, with spaces, on other Pythons
	@$(BIN)/python tests/support/odd_machines.py

soak: $(VENV)/.ready  ## Kill, race and damage sweeps for MINUTES=10, and compare what they leave with an undisturbed one
	@GROKKIT_COMPILED=0 $(BIN)/python tests/support/soak.py $(MINUTES) $(SEED)

clean:  ## Remove what was built, not the environment and not the records
	rm -rf _build

$(VENV)/.ready: pyproject.toml
	@"$(PYTHON)" .ci/preflight.py
	@echo "Making the environment in $(VENV) (about a minute, more where PyTorch comes with CUDA)"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(PIP) --editable '.[book,test]'
	@touch $@
