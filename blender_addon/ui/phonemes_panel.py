# SPDX-License-Identifier: GPL-3.0-or-later
"""What was heard of the active line: words and phonemes as lists that are corrected in place. Only draws."""

from typing import Any, ClassVar

import bpy

from ..data import corrections
from ..data.heard import selected_word
from ..data.lines import active_line
from ..faces.open_face import find_face
from ..operators import heard_files, phonemes
from .drawing import LinePanel, draw_sentence
from .styles import draw_word_style, word_icon

ROWS = 6
LOW = "Marked words are heard less surely than others. Play them, and correct them."
MISSED = "At marked phonemes the lips stay open. Make them longer, or the sound before them shorter."


class STYLETALK_UL_words(bpy.types.UIList):
    """A row for each word."""

    def draw_item(
        self, context: Any, layout: Any, data: Any, item: Any, icon: int, active_data: Any, active_property: str,
        index: int = 0,
    ) -> None:  # fmt: skip
        """How sure it is, the word to type over, and its start, which goes there."""
        row = layout.row(align=True)
        row.label(text="", icon=_sureness(item))
        if item.style:
            row.label(text="", icon_value=word_icon(item))
        split = row.split(factor=0.62, align=True)
        split.prop(item, "word", text="", emboss=False)
        _draw_start(split, "WORD", index, item.start_s)


class STYLETALK_UL_phonemes(bpy.types.UIList):
    """A row for each phoneme."""

    def draw_item(
        self, context: Any, layout: Any, data: Any, item: Any, icon: int, active_data: Any, active_property: str,
        index: int = 0,
    ) -> None:  # fmt: skip
        """Symbol, word and start, and whether the lips do not close."""
        row = layout.split(factor=0.3 if item.missed_mm else 0.22, align=True)
        row.label(text=item.symbol, icon="ERROR" if item.missed_mm else "NONE")
        rest = row.split(factor=0.62, align=True)
        word = corrections.word_of(data, item)
        rest.label(text=word.word if word is not None else "")
        row.active = word is None or word.word == word.text  # its phonemes are found anew in the next bake
        _draw_start(rest, "PHONEME", index, item.start_s)


class STYLETALK_PT_words(LinePanel):
    """The words that were heard. Open, for what was heard is what there is to be seen after a bake."""

    bl_idname = "STYLETALK_PT_words"
    bl_label = "Words"
    bl_options: ClassVar[set[str]] = set()

    def draw(self, context: bpy.types.Context) -> None:
        """The list, how it was found, and files."""
        layout, line = self.layout, active_line(find_face(context.object))
        if line.heard.version:  # type: ignore[union-attr]
            _draw_words(layout, context, line)
        else:
            draw_sentence(layout, context, phonemes.NOTHING_HEARD, "INFO")
        row = layout.row(align=True)
        row.operator(heard_files.STYLETALK_OT_heard_export.bl_idname, text="Save", icon="EXPORT")
        row.operator(heard_files.STYLETALK_OT_heard_import.bl_idname, text="Load", icon="IMPORT")


class STYLETALK_PT_phonemes(LinePanel):
    """The phonemes that the mouth says."""

    bl_idname = "STYLETALK_PT_phonemes"
    bl_label = "Phonemes"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only where there are some."""
        return super().poll(context) and active_line(find_face(context.object)).heard.version > 0  # type: ignore[union-attr]

    def draw(self, context: bpy.types.Context) -> None:
        """The list with its buttons at the side, the selected one, and where all are seen."""
        line: Any = active_line(find_face(context.object))
        layout, group = self.layout, line.heard
        row = layout.row()
        row.template_list("STYLETALK_UL_phonemes", "", group, "phonemes", group, "active_phoneme", rows=ROWS)
        _draw_buttons(row.column(align=True))
        if 0 <= group.active_phoneme < len(group.phonemes):
            _draw_phoneme(layout, context, group.phonemes[group.active_phoneme])
        if any(each.missed_mm for each in group.phonemes):
            draw_sentence(layout, context, MISSED, "ERROR")
        layout.prop(context.scene.styletalk_view, "show_strip")
        layout.operator_menu_enum(heard_files.STYLETALK_OT_heard_markers.bl_idname, "what", text="Markers of")


def _draw_words(layout: Any, context: bpy.types.Context, line: Any) -> None:
    group = line.heard
    is_corrected = corrections.is_corrected(group)
    found = "Corrected by hand." if is_corrected else f"Found by: {group.method}."
    draw_sentence(layout, context, found, "GREASEPENCIL" if is_corrected else "INFO")
    if not corrections.is_current(line):
        draw_sentence(layout, context, phonemes.OTHER_WORDS, "ERROR")
    if len(group.words):
        layout.template_list("STYLETALK_UL_words", "", group, "words", group, "active_word", rows=ROWS)
        layout.operator(phonemes.STYLETALK_OT_heard_play.bl_idname, icon="PLAY_SOUND").what = "WORD"
        if (word := selected_word(line)) is not None:
            draw_word_style(layout, word)
    else:
        draw_sentence(layout, context, "No words were found: the phonemes are as heard.", "INFO")
    if any(map(corrections.is_doubtful, group.words)):
        draw_sentence(layout, context, LOW, "ERROR")
    if is_corrected:
        layout.operator(heard_files.STYLETALK_OT_heard_forget.bl_idname, icon="LOOP_BACK")


def _draw_phoneme(layout: Any, context: bpy.types.Context, phoneme: Any) -> None:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    for name in ("symbol", "start", "end"):
        column.prop(phoneme, name)
    if phoneme.missed_mm:
        draw_sentence(layout, context, f"The lips stay {phoneme.missed_mm:.1f} mm apart here.", "ERROR")


def _draw_buttons(column: Any) -> None:
    column.operator(phonemes.STYLETALK_OT_phoneme_insert.bl_idname, text="", icon="ADD")
    column.operator(phonemes.STYLETALK_OT_phoneme_remove.bl_idname, text="", icon="REMOVE")
    column.separator()
    column.operator(phonemes.STYLETALK_OT_phoneme_split.bl_idname, text="", icon="MOD_EDGESPLIT")
    column.operator(phonemes.STYLETALK_OT_phoneme_merge.bl_idname, text="", icon="AUTOMERGE_ON")
    column.separator()
    for direction, icon in (("PREVIOUS", "TRIA_UP"), ("NEXT", "TRIA_DOWN")):
        column.operator(phonemes.STYLETALK_OT_phoneme_step.bl_idname, text="", icon=icon).direction = direction
    column.operator(phonemes.STYLETALK_OT_phoneme_at_playhead.bl_idname, text="", icon="EYEDROPPER")
    column.operator(phonemes.STYLETALK_OT_heard_play.bl_idname, text="", icon="PLAY_SOUND").what = "PHONEME"


def _draw_start(layout: Any, what: str, place: int, start_s: float) -> None:
    shown = layout.operator(phonemes.STYLETALK_OT_heard_show.bl_idname, text=f"{start_s:.2f}", emboss=False)
    shown.what, shown.place = what, place


def _sureness(word: Any) -> str:
    if word.confidence < 0.0 or word.word != word.text:
        return "QUESTION"
    return "ERROR" if corrections.is_doubtful(word) else "CHECKMARK"


classes = (STYLETALK_UL_words, STYLETALK_UL_phonemes, STYLETALK_PT_words, STYLETALK_PT_phonemes)
