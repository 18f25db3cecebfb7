# SPDX-License-Identifier: Apache-2.0
"""docs/protocol.md says what is: its conversations are held, its tables compared with the code."""

import dataclasses
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from blender_addon.jobs import process, protocol, queue
from blender_addon.styletalk.request import AnimationRequest
from styletalk import request, worker
from styletalk.photoreal import film_motion, renderers, worker_pass

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
CONVERSATIONS = re.findall(r"```conversation\n(.*?)```", DOCUMENT, re.DOTALL)
SPEECH = ROOT / "core" / "styletalk" / "demo"
ANY = {"ready": ("version", "numpy", "pid", "note"), "progress": ("fraction", "stage"), "result": ("note",)}
"""What an example shows one value of, out of many."""
TYPES = {Path: "text: a path", str: "text", float: "number", int: "whole number", bool: "true or false"}


def shape(message: dict) -> dict:
    """A message without what may differ from one run to the next."""
    return {name: None if name in ANY.get(message["type"], ()) else value for name, value in message.items()}


def table(heading: str) -> list[list[str]]:
    """The cells of the first table after a heading, without its head."""
    section = DOCUMENT.split(heading, 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[0].splitlines()[2:]]


def messages(mark: str) -> list[dict]:
    """All messages of one side in the examples."""
    lines = [line for each in CONVERSATIONS for line in each.splitlines() if line.startswith(mark)]
    return [json.loads(line[2:]) for line in lines if "{" in line]


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=range(len(CONVERSATIONS)))
def test_the_worker_answers_as_the_document_says(conversation, tmp_path):
    """Between what an example shows there may be further progress, and nothing else."""
    local = conversation.replace("/speech", SPEECH.as_posix()).replace("/animations", tmp_path.as_posix())
    command, made = [sys.executable, "-m", "styletalk.worker"], set()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, encoding="utf-8", bufsize=1, **pipes) as child:
        for line in local.splitlines():
            if line.startswith(">"):
                child.stdin.write(line[2:] + "\n")
                continue
            documented, answer = json.loads(line[2:]), json.loads(child.stdout.readline())
            while answer["type"] == "progress" and shape(answer) != shape(documented):
                answer = json.loads(child.stdout.readline())
            assert shape(answer) == shape(documented)
            made |= {Path(answer["output"])} if answer["type"] == "result" else set()
        assert child.stdout.read() == "" and child.wait() == 0
    assert set(tmp_path.iterdir()) == made


def test_the_client_understands_the_examples_and_writes_the_same():
    assert [type(protocol.parse(json.dumps(message))).__name__ for message in messages("<")] == [
        {"ready": "Ready", "progress": "Progressed", "result": "Finished", "error": "Failed"}[message["type"]]
        for message in messages("<")
    ]
    for message in messages(">"):
        if message["type"] == "animate" and "id" in message and message["request"].get("intensity", 0) <= 2:
            request = AnimationRequest.from_values(message["request"])
            line = protocol.request_line(message["id"], request, Path(message["output"]))
        elif message["type"] == "recognise":
            words = protocol.WordsRequest(Path(message["audio"]))
            line = protocol.request_line(message["id"], words, Path(message["output"]))
        elif message["type"] == "suggest":
            asked = protocol.SuggestRequest(Path(message["audio"]), message.get("transcript"))
            line = protocol.request_line(message["id"], asked, Path(message["output"]))
        elif message["type"] in ("track", "style_from"):
            film = protocol.FilmRequest(Path(message["film"]), message["options"], message.get("name"))
            line = protocol.request_line(message["id"], film, Path(message["output"]))
        elif message["type"] == "pass":
            files = [Path(message[name]) for name in ("animation", "photo", "frames")]
            asked = protocol.PassRequest(*files, message["options"])
            line = protocol.request_line(message["id"], asked, Path(message["output"]))
        elif message["type"] == "cancel":
            line = protocol.line(type="cancel", id=message["id"])
        elif message["type"] == "shutdown":
            line = protocol.line(type="shutdown")
        else:
            continue
        assert json.loads(line) == message


ASKING = ("animate", "recognise", "suggest", "track", "style_from", "pass", "cancel", "shutdown")
KINDS = (*ASKING, "ready", "progress", "result", "error")


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_have_the_fields_of_the_tables(kind):
    fields = {name.strip("`") for name, *_ in table(f"### {kind}\n")}
    shown = [set(message) for message in messages("<") + messages(">") if message["type"] == kind]
    assert fields in shown
    assert kind == "animate" or all(each == fields for each in shown)  # one example forgets its number


def test_the_fields_of_a_request_are_those_of_the_code():
    expected = [request_cells(field) for field in dataclasses.fields(request.AnimationRequest)]
    assert [cells[:3] for cells in table("What `request` does not name has its default.")] == expected


def request_cells(field: dataclasses.Field) -> list[str]:
    """What the document's table has to say of a field of the request, before its meaning."""
    option = request.option_of(field)
    if option is None:
        return [f"`{field.name}`", TYPES[Path], "must be given"]
    value = ", ".join(f"`{each}`" for each in option.choices) or TYPES[request.value_type(field)]
    if math.isfinite(option.minimum):
        value += f" from {option.minimum:,g} to {option.maximum:,.0f}"
    return [f"`{field.name}`", value, "not given" if field.default is None else f"`{json.dumps(field.default)}`"]


def test_the_options_of_a_pass_are_those_of_the_code():
    """As many as the worker takes, with its defaults and limits."""
    rows = table("### pass\n\n" + DOCUMENT.split("### pass\n\n")[1].split("an error.")[0] + "an error.")
    documented = {name.strip("`") for cells in rows for name in cells[0].split("`, `")}
    assert documented == {*worker_pass._RENDERING, *worker_pass._OTHERS}
    values = {cells[0].strip("`"): cells[1] for cells in rows}
    assert values["size"] == f"whole number from {renderers.MIN_SIZE_PX} to {renderers.MAX_SIZE_PX}"
    assert values["fps"] == f"number from {film_motion.MIN_FPS:g} to {film_motion.MAX_FPS:g}"
    assert values["mouth_amount"] == f"number from 0 to {renderers.MAX_MOUTH_AMOUNT:g}"
    offset = renderers.MAX_MOUTH_OFFSET_MM
    assert values["mouth_offset_mm"] == f"number from {-offset:g} to {offset:g}"


@pytest.mark.parametrize("row", table("## Limits\n"), ids=lambda row: row[2])
def test_the_limits_are_those_of_the_code(row):
    module, name = row[2].strip("`").split(".")
    value = getattr({"worker": worker, "process": process, "queue": queue}[module], name)
    assert row[1].split()[0] == f"{value:,.0f}"


def test_the_version_is_that_of_the_code():
    assert f"This is version {worker.PROTOCOL_VERSION}." in DOCUMENT
