# Each target sets up first what it needs; a second run has nothing to set up.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench lock clean
# Variables of a sourced ROS 2 or another environment must not reach the one in .venv.
unexport PYTHONPATH PYTHONHOME AMENT_PREFIX_PATH LD_LIBRARY_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE

ARGS ?=
# What measures by itself: not what others import, what trains, and what wants to be told on which files.
BENCH ?= $(filter-out figures labelled_clips real_postures rehearsed eyes_rendered train_% speak_lessons barge_in home_assistant, \
	$(basename $(notdir $(wildcard bench/*.py))))

help:
	@echo "make demo     a night with the robot, from a fall to the caregivers' page (ARGS='--story evening --language zh')"
	@echo "make test     all tests (ARGS='-m \"not slow\"' for the quick ones)"
	@echo "make setup    only bring this machine to where the above can run"
	@echo "make lint     check the style of the sources"
	@echo "make bench    measure, about an hour; one JSON line a figure (BENCH=worlds ARGS='--seconds 5': one of bench/)"
	@echo "make lock     pin the newest versions that the project allows, in requirements.lock"
	@echo "make clean    remove what was built and installed here"

setup:
	@./setup.sh

demo: setup
	@.venv/bin/anban demo $(ARGS)

test: setup
	@.venv/bin/python -m pytest -n 2 --dist loadfile --ignore tests/system $(ARGS)
	@.venv/bin/python -m pytest tests/system $(ARGS)

lint: setup
	@.venv/bin/ruff check .

bench:
	@./setup.sh bench
	@for name in $(BENCH); do \
		echo "--- bench/$$name.py, at $$(date +%T)" >&2; .venv/bin/python bench/$$name.py $(ARGS) || failed="$$failed $$name"; \
	done; [ -z "$$failed" ] || { echo "not measured, or not as it should be:$$failed" >&2; exit 1; }

# Left out of the lock: what mediapipe's pose model does not use (jax, 350 MB), a dictionary that Open JTalk reads without
# (70 MB), and a second OpenCV that would write over
# the first one's files. Hence everything is installed with --no-deps.
LEFT_OUT := jax jaxlib ml-dtypes opt-einsum opencv-contrib-python sudachidict-core
lock:
	@.venv/bin/uv pip compile --quiet --universal --upgrade --python-version 3.10 --no-header --no-annotate \
		--all-extras --group build --group test $(LEFT_OUT:%=--no-emit-package %) pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build reports .pytest_cache .ruff_cache
