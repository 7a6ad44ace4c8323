# Fenghuo 烽火. On a fresh machine: `make up`. Needs Python 3.11+, make and the package registries.
# PYTHON=python3.12 chooses the interpreter, DATA=dir the data folder (default .fenghuo).

PYTHON ?= python3
BIN := .venv/bin
DATA_OPTION := $(if $(DATA),--data $(DATA))
export FENGHUO_DATA := $(or $(DATA),$(FENGHUO_DATA),.fenghuo)

.PHONY: help setup console deps browser up down status doctor test test-integration test-others test-looked-at test-console test-browser test-long test-mutants lint bench bench-console
.DEFAULT_GOAL := help

help:
	@echo 'make up         安装并启动 set up and start'
	@echo 'make down       停止 stop          make status    状态 how it is'
	@echo 'make doctor     诊断 what is wrong  make setup     只安装 set up only'
	@echo 'make test       全部测试 all tests   make test-long 更久 more rounds'
	@echo 'make lint       静态检查 linters     make deps      测试依赖 what tests need'
	@echo 'make console    构建控制台 build the console   make test-browser 浏览器测试 browser tests'
	@echo 'make bench      测处理性能 measure speed         make bench-console 测控制台 measure the console'

setup:
	@$(PYTHON) fenghuo/embedded/bootstrap.py

# The system serves its APIs without the console, so a build that fails must not keep a command post from starting.
console:
	@$(BIN)/python -m tools.build_console || echo '控制台未构建，接口照常可用。The console is not built; the APIs work all the same.' >&2

deps:
	@$(PYTHON) fenghuo/embedded/bootstrap.py --dev

# Debian's Chromium and the Chinese fonts that the browser tests look with.
browser: deps
	@sh tools/install_browser.sh

up: setup console
	@$(BIN)/fenghuo up $(DATA_OPTION)

down status doctor:
	@test -x $(BIN)/fenghuo || { echo '尚未安装，请先运行 make setup。Not set up yet: run make setup.' >&2; exit 1; }
	@$(BIN)/fenghuo $@ $(DATA_OPTION)

# The parts mostly wait for processes to start, so they run side by side on two cores.
test: browser
	@$(MAKE) --no-print-directory --jobs 3 --output-sync=target test-integration test-others test-looked-at

test-integration: deps
	$(BIN)/pytest tests/integration --durations=10

test-others: deps
	$(BIN)/pytest --ignore tests/integration --durations=10

test-looked-at:
	@$(MAKE) --no-print-directory test-console test-browser

test-console: deps
	$(BIN)/python -m tools.check_console

test-browser: browser
	$(BIN)/pytest -m browser tests/end_to_end

# LONG_ROUNDS=n: n times the rounds of `make test`; 20 take some hours on 2 cores.
test-long: deps
	FENGHUO_TEST_LONG=1 FENGHUO_TEST_ROUNDS=$(or $(LONG_ROUNDS),20) $(BIN)/pytest
	@$(MAKE) --no-print-directory test-mutants

# Does a test notice every change of the fold? tests/mutation/README.md
test-mutants: deps
	$(BIN)/python -m tests.mutation --fresh

lint: deps
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# BENCH='runtime fold' chooses (--help lists them), FULL=1 takes the sizes that the goals speak of, JSON=file writes it all.
bench: deps
	$(BIN)/python -m tests.benchmarks $(BENCH) $(if $(FULL),--full) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(JSON),--json $(JSON))

bench-console: browser
	$(BIN)/python -m tests.benchmarks.console
