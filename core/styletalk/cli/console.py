# SPDX-License-Identifier: Apache-2.0
"""How the command line talks: sentences, tables and a progress bar for people, one JSON line per event for programs."""

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from ..progress import Progress

BAR_STEPS = 1000


class Console:
    """Says what happens, on stdout; failures and the progress bar go to stderr."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    @contextlib.contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress callback for the time of the block: a bar on a terminal, JSON lines with --json, else nothing."""
        if self.as_json:
            yield lambda fraction, stage: self._event("progress", fraction=round(fraction, 4), stage=stage)
            return
        from tqdm import tqdm

        layout = "{percentage:3.0f}% |{bar:30}| {elapsed} {desc}"
        with tqdm(total=BAR_STEPS, disable=not sys.stderr.isatty(), bar_format=layout, leave=False) as bar:

            def tell(fraction: float, stage: str) -> None:
                bar.set_description_str(stage, refresh=False)
                bar.update(max(0, round(fraction * BAR_STEPS) - bar.n))
                bar.refresh()

            yield tell

    def done(self, sentence: str, **facts: Any) -> None:
        """The last word of a command that went well."""
        if self.as_json:
            self._event("result", message=sentence, **facts)
        else:
            print(sentence)

    def remark(self, note: str) -> None:
        """What the user should know of a table, if anything, on stderr; with --json an event."""
        if note and self.as_json:
            self._event("note", message=note)
        elif note:
            print(note, file=sys.stderr)

    def fail(self, kind: str, sentence: str) -> None:
        """One sentence on stderr; with --json an event as well."""
        if self.as_json:
            self._event("error", kind=kind, message=sentence)
        print(f"styletalk: {sentence}", file=sys.stderr)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table with columns as wide as they need to be, or one JSON object per row."""
        if self.as_json:
            for row in rows:
                self._event("row", **dict(zip(heads, row, strict=True)))
            return
        cells = [[str(cell) for cell in row] for row in (heads, *rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for line in cells:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

    def document(self, text: str, facts: dict[str, Any]) -> None:
        """A report: Markdown for people, one JSON object for programs."""
        if self.as_json:
            self._event("report", **facts)
        else:
            print(text)

    def _event(self, event: str, **facts: Any) -> None:
        print(json.dumps({"event": event, **facts}, default=str), flush=True)
