# SPDX-License-Identifier: Apache-2.0
# make demo   a bundled line of speech becomes demo.npz, demo.blend and demo.mp4
# make test   every test, in every Blender that can be had here
# make fuzz   damaged files, messages and operators, and kills, for minutes; FUZZ_INPUTS=10000 is the long run of hours
# make lint   ruff and pyright
# make styles-docs   the pictures and films of the presets in docs/styles
# make addon  dist/styletalk_blender-VERSION.zip
# make repository   dist/repository, which Blender 4.2 and newer installs and updates the add-on from

INPUTS := pyproject.toml setup.py scripts/setup.sh $(wildcard requirements/*.txt)

FUZZ_INPUTS ?= 300
FUZZ_SEED ?= 1

.PHONY: demo test fuzz lint addon repository styles-docs clean

demo: .venv/.ready-blender
	.venv/bin/styletalk demo

test: .venv/.ready-blender,track,languages,farm,dev
	.venv/bin/python tests/blender/environments.py
	.venv/bin/python -m pytest

fuzz: .venv/.ready-blender,track,languages,farm,dev
	.venv/bin/python tests/blender/environments.py
	.venv/bin/python tests/fuzz/run.py --inputs $(FUZZ_INPUTS) --seed $(FUZZ_SEED)
	.venv/bin/python tests/fuzz/messages.py --inputs $(FUZZ_INPUTS) --seed $(FUZZ_SEED)
	FUZZ_SEED=$(FUZZ_SEED) FUZZ_CALLS=$$(($(FUZZ_INPUTS) / 4)) FUZZ_KILLS=$$(($(FUZZ_INPUTS) / 50)) \
	    FUZZ_EDITS=$$(($(FUZZ_INPUTS) / 5)) \
	    .venv/bin/python -m pytest -s tests/fuzz/test_fuzz_operators.py tests/fuzz/test_fuzz_edits.py \
	    tests/fuzz/test_fuzz_kills.py

lint: .venv/.ready-blender,track,languages,farm,dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/python -m pyright

styles-docs: .venv/.ready-blender,track,languages,farm,dev
	.venv/bin/python -m styletalk_research.presets.pictures

addon:
	python3 build_addon.py

repository:
	python3 scripts/repository.py

clean:
	rm -rf .venv .envs build dist

.venv/.ready-%: $(INPUTS)
	scripts/setup.sh $*
	touch $@
