# SPDX-License-Identifier: Apache-2.0
"""The same two words, "the map" from 0.2 to 1.0 s of a sound of 1.5 s, as every program writes them."""

import json
from collections.abc import Callable

DURATION_S = 1.5
PHONES = [("DH", 0.2, 0.3), ("AH", 0.3, 0.4), ("M", 0.4, 0.6), ("AE", 0.6, 0.8), ("P", 0.8, 1.0)]
WORDS = [("the", 0.2, 0.4), ("map", 0.4, 1.0)]
_ARPABET = ("dh", "ah0", "m", "ae1", "p")
_TIMED = [(name, *times) for name, (_, *times) in zip(_ARPABET, PHONES, strict=True)]
_VISEMES = [(19, 0.2), (1, 0.3), (21, 0.4), (1, 0.6), (21, 0.8), (0, 1.0)]


def _lines(rows: "list[str]") -> str:
    return "\n".join(rows) + "\n"


def _whisper(word: str = "word", **more: object) -> str:
    words = [{word: f" {text}", "start": start, "end": end, "probability": float("nan")} for text, start, end in WORDS]
    segment = {"id": 0, "start": 0.2, "end": 1.0, "text": " the map", "tokens": [1, 2], "words": words}
    return json.dumps({"text": " the map", "segments": [segment], "language": "en", **more})


def _elan() -> str:
    slots = [(f"ts{k}", 200 + 100 * k if k in (0, 1, 2, 8) else None) for k in range(9)]
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{name}"' + (f' TIME_VALUE="{ms}"/>' if ms else "/>") for name, ms in slots
    )
    words = [("a1", "ts0", "ts2", "the"), ("a2", "ts2", "ts8", "map")]
    aligned = "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{last}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
        for name, first, last, text in words
    )
    parts = [("a1", "ð"), ("a1", "ə"), ("a2", "m"), ("a2", "æ"), ("a2", "p")]
    referring = "".join(
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="r{k}" ANNOTATION_REF="{of}"><ANNOTATION_VALUE>{text}'
        "</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
        for k, (of, text) in enumerate(parts)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT AUTHOR="" FORMAT="3.0"><HEADER TIME_UNITS='
        f'"milliseconds"/><TIME_ORDER>{order}</TIME_ORDER><TIER TIER_ID="phones" PARENT_REF="words">{referring}</TIER>'
        f'<TIER TIER_ID="words">{aligned}</TIER></ANNOTATION_DOCUMENT>'
    )


def _papagayo() -> str:
    rows = [
        "lipsync version 1",
        "/line.wav",
        "10",
        "15",
        "1",
        "\tAnn",
        "\tthe map|",
        "\t1",
        "\t\tthe map",
        "\t\t2",
        "\t\t9",
    ]
    rows += ["\t\t2", "\t\t\tthe 2 3 2", "\t\t\t\t2 etc", "\t\t\t\t3 AI", "\t\t\tmap 4 9 3"]
    return _lines([*rows, "\t\t\t\t4 MBP", "\t\t\t\t6 AI", "\t\t\t\t8 MBP"])


def _polly() -> str:
    marks = [{"time": 200, "type": "sentence", "start": 0, "end": 7, "value": "the map"}]
    marks += [{"time": round(a * 1000), "type": "word", "start": 0, "end": 3, "value": w} for w, a, _ in WORDS]
    visemes = zip(("T", "@", "p", "a", "p", "sil"), (200, 300, 400, 600, 800, 1000), strict=True)
    return _lines([json.dumps(m) for m in (*marks, *({"time": t, "type": "viseme", "value": v} for v, t in visemes))])


def _gentle() -> str:
    word = {"alignedWord": "map", "case": "success", "start": 0.4, "end": 1.0, "startOffset": 4, "endOffset": 7}
    sounds = [{"duration": 0.2, "phone": p} for p in ("m_B", "ae_I", "p_E")]
    first = {"case": "not-found-in-audio", "word": "the", "startOffset": 0, "endOffset": 3}
    return json.dumps({"transcript": "the map", "words": [first, {**word, "word": "map", "phones": sounds}]})


def _google() -> str:
    words = [{"word": w, "startTime": f"{a}s", "endTime": f"{b}s"} for w, a, b in WORDS]
    return json.dumps({"results": [{"alternatives": [{"transcript": "the map", "words": words}]}]})


def _textgrid_rows(chronological: bool) -> str:
    tiers = [("words", [(0, 0.2, ""), *((a, b, w) for w, a, b in WORDS), (1.0, 1.5, "")])]
    tiers.append(("phones", [(0, 0.2, ""), *((a, b, p) for p, a, b in _TIMED), (1.0, 1.5, "sp")]))
    if chronological:
        rows = ['"Praat chronological TextGrid text file"', "0 1.5   ! Time domain.", "2   ! Number of tiers."]
        rows += [f'"IntervalTier" "{name}" 0 1.5' for name, _ in tiers]
        spans = [(a, number, b, text) for number, (_, found) in enumerate(tiers, 1) for a, b, text in found]
        return _lines(rows + [f'{number} {a} {b}\n"{text}"' for a, number, b, text in sorted(spans)])
    rows = ['File type = "ooTextFile short"', '"TextGrid"', "", "0", "1.5", "<exists>", "2"]
    for name, found in tiers:
        rows += ['"IntervalTier"', f'"{name}"', "0", "1.5", str(len(found))]
        rows += [f'{a}\n{b}\n"{text}"' for a, b, text in found]
    return _lines(rows)


_CUES = [("B", 0.2, 0.4), ("A", 0.4, 0.6), ("D", 0.6, 0.8), ("A", 0.8, 1.0)]


def _rhubarb_xml() -> str:
    cues = "".join(f'<mouthCue start="{a}" end="{b}">{shape}</mouthCue>' for shape, a, b in _CUES)
    head = '<?xml version="1.0" encoding="utf-8"?>\n<rhubarbResult><metadata><duration>1.5</duration></metadata>'
    return f"{head}<mouthCues>{cues}</mouthCues></rhubarbResult>"


_TICKS = [{"Word": w, "Offset": round(a * 1e7), "Duration": round((b - a) * 1e7)} for w, a, b in WORDS]
_TICKED = [{"Phoneme": p, "Offset": round(a * 1e7), "Duration": round((b - a) * 1e7)} for p, a, b in _TIMED]
WITH_PHONES = {
    "short.TextGrid": _textgrid_rows(False),
    "chronological.TextGrid": _textgrid_rows(True),
    "elan.eaf": _elan(),
    "audacity.txt": _lines([f"{a:.6f}\t{b:.6f}\t{p}" for p, a, b in _TIMED]),
    "htk.lab": _lines([f"{round(a * 1e7)} {round(b * 1e7)} {p}" for p, a, b in _TIMED]),
    "hts.lab": _lines([f"{round(a * 1e7)} {round(b * 1e7)} x^x-{p}+x=x@1_2" for p, a, b in _TIMED]),
    "columns.json": json.dumps(
        {"phonemes": [p for p, _, _ in _TIMED], "starts": [a for _, a, _ in _TIMED], "ends": [b for _, _, b in _TIMED]}
    ),
    "htk.mlf": _lines(["#!MLF!#", '"*/a.lab"', *(f"{round(a * 1e7)} {round(b * 1e7)} {p}" for p, a, b in _TIMED), "."]),
    "festival.lab": _lines(["separator ;", "nfields 1", "#", "  0.2 26 pau", *(f"  {b} 26 {p}" for p, _, b in _TIMED)]),
    "timit.phn": _lines([f"{round(a * 16000)} {round(b * 16000)} {p}" for p, a, b in (*_TIMED, ("h#", 1.0, 1.5))]),
    "kaldi.ctm": _lines([";; made for a test", *(f"utt 1 {a} {b - a:.1f} {p.upper()}_I 0.9" for p, a, b in _TIMED)]),
    "mfa.csv": _lines(["Begin,End,Label,Type,Speaker", *(f"{a},{b},{w},words,ann" for w, a, b in WORDS),
                       *(f"{a},{b},{p},phones,ann" for p, a, b in _TIMED)]),
    "praatio.json": json.dumps({"start": 0, "end": 1.5, "tiers": {
        "words": {"type": "interval", "entries": [[a, b, w] for w, a, b in WORDS]},
        "phones": {"type": "interval", "entries": [[a, b, p] for p, a, b in _TIMED]}}}),
    "azure_speech.json": json.dumps({"NBest": [{"Display": "The map.", "Words": _TICKS, "Phonemes": _TICKED}]}),
}  # fmt: skip
"""Phonemes with times."""
WITH_SHAPES = {
    "rhubarb.tsv": _lines(["0.00\tX", *(f"{a:.2f}\t{s}" for s, a, _ in _CUES), "1.00\tX"]),
    "rhubarb.json": json.dumps({"mouthCues": [{"start": a, "end": b, "value": s} for s, a, b in _CUES]}),
    "rhubarb.xml": _rhubarb_xml(),
    "rhubarb.dat": _lines(["MohoSwitch1", "1 X", *(f"{round(a * 30) + 1} {s}" for s, a, _ in _CUES), "31 X"]),
    "moho.dat": _lines(["MohoSwitch1", "1 rest", "7 etc", "13 MBP", "19 AI", "25 MBP", "31 rest"]),
    "papagayo.pgo": _papagayo(),
    "polly.json": _polly(),
    "azure_visemes.json": json.dumps([{"audio_offset": round(a * 1e7), "viseme_id": v} for v, a in _VISEMES]),
    "azure_ms.json": json.dumps({"visemes": [{"AudioOffset": a * 1000, "VisemeId": v} for v, a in _VISEMES]}),
}
"""Mouth shapes with times; lips are closed from 0.4 to 0.6 s."""


def _each(**fields: Callable[[str, float, float], object]) -> list[dict[str, object]]:
    """An object for each word."""
    return [{name: value(*word) for name, value in fields.items()} for word in WORDS]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _text(word: str, start_s: float, end_s: float) -> str:
    return word


def _start(word: str, start_s: float, end_s: float) -> float:
    return start_s


def _end(word: str, start_s: float, end_s: float) -> float:
    return end_s


_TIMES = {"start": _start, "end": _end}
_LETTERS = {
    "characters": list("the map"), "character_start_times_seconds": [0.2, 0.25, 0.3, 0.4, 0.4, 0.6, 0.8],
    "character_end_times_seconds": [0.25, 0.3, 0.4, 0.4, 0.6, 0.8, 1.0],
}  # fmt: skip
_AWS = _each(start_time=lambda w, a, b: str(a), end_time=lambda w, a, b: str(b), type=lambda *_: "pronunciation",
             alternatives=lambda w, a, b: [{"content": w}])  # fmt: skip
_CPP = _each(timestamps=lambda *_: {"from": "00:00:00,200"}, text=lambda w, a, b: f" {w}",
             offsets=lambda w, a, b: {"from": _ms(a), "to": _ms(b)})  # fmt: skip
WITH_WORDS = {
    "whisper.json": _whisper(),
    "whisperx.json": _whisper(word_segments=_each(word=_text, **_TIMES)),
    "segments.json": json.dumps([{"start": 0.2, "end": 1.0, "text": "the map", "words": _each(word=_text, **_TIMES)}]),
    "transformers.json": json.dumps({"chunks": _each(text=_text, timestamp=lambda w, a, b: [a, b])}),
    "whisper_cpp.json": json.dumps({"transcription": _CPP}),
    "vosk.json": json.dumps({"result": _each(word=_text, conf=_end, **_TIMES), "text": "the map"}),
    "google.json": _google(),
    "azure.json": json.dumps(
        _each(Text=_text, AudioOffset=lambda w, a, b: _ms(a), Duration=lambda w, a, b: _ms(b - a))
    ),
    "aws.json": json.dumps(
        {"results": {"items": [*_AWS, {"alternatives": [{"content": "."}], "type": "punctuation"}]}}
    ),
    "deepgram.json": json.dumps(
        {"results": {"channels": [{"alternatives": [{"words": _each(word=_text, punctuated_word=_text, **_TIMES)}]}]}}
    ),
    "elevenlabs.json": json.dumps({"audio_base64": "AAAA", "alignment": _LETTERS}),
    "elevenlabs_ms.json": json.dumps(
        {
            "chars": list("the map"),
            "charStartTimesMs": [200, 250, 300, 400, 400, 600, 800],
            "charDurationsMs": [50, 50, 100, 0, 200, 200, 200],
        }
    ),
    "azure_sdk.json": json.dumps(
        _each(text=_text, audio_offset=lambda w, a, b: round(a * 1e7), duration=lambda w, a, b: f"0:00:0{b - a:.6f}")
    ),
    "azure_boundaries.json": json.dumps(
        {
            "Metadata": [
                {
                    "Type": "WordBoundary",
                    "Data": {
                        "Offset": round(a * 1e7),
                        "Duration": round((b - a) * 1e7),
                        "text": {"Text": w, "Length": len(w)},
                    },
                }
                for w, a, b in WORDS
            ]
        }
    ),
    "timepoints.json": json.dumps(
        {"timepoints": [*_each(markName=_text, timeSeconds=_start), {"markName": "", "timeSeconds": 1.0}]}
    ),
    "premiere.json": json.dumps(
        {"segments": [{"words": _each(text=_text, start=_start, duration=lambda w, a, b: b - a)}]}
    ),
    "times.csv": "Start;End;Word\n" + _lines([f"00:00:0{a:.3f};00:00:0{b:.3f};{w}" for w, a, b in WORDS]),
    "commas.csv": "Start;End;Word\n" + _lines([f"{a};{b};{w}".replace(".", ",") for w, a, b in WORDS]),
    "columns.json": json.dumps({"word_timestamps": {"words": ["the", "map"], "start": [0.2, 0.4], "end": [0.4, 1.0]}}),
    "aeneas.json": json.dumps(
        {"fragments": _each(begin=lambda w, a, b: f"{a}", end=lambda w, a, b: f"{b}", lines=lambda w, a, b: [w])}
    ),
    "lyrics.lrc": "[ti:none]\n[00:00.20]the\n[00:00.40]map\n[00:01.00]\n",
    "words.srt": "1\n00:00:00,200 --> 00:00:00,400\nthe\n\n2\n00:00:00,400 --> 00:00:01,000\nmap.\n",
    "words.vtt": "WEBVTT\n\n00:00.200 --> 00:00.400\n<v Ann>the\n\n00:00.400 --> 00:01.000\nmap\n",
    "audacity_words.txt": _lines([f"{a}\t{b}\t{w}" for w, a, b in WORDS]),
    "words.ctm": _lines([f"utt A {a} {b - a:.1f} {w}" for w, a, b in WORDS]),
}
"""Words with times."""
GENTLE = _gentle()
"""Its first word was not found."""
ALL = {**WITH_PHONES, **WITH_SHAPES, **WITH_WORDS, "gentle.json": GENTLE}
_SRT = "1\n00:00:01,000 --> 00:00:02,500\nANNA: Hello [music] <i>there</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nBye.\n"
_VTT = (
    "WEBVTT\nKind: captions\n\nNOTE not said\n\nSTYLE\n::cue {}\n\nfirst\n00:01.000 --> 00:02.500 align:start\n"
    "<v Anna>Hello there</v>\n\n00:00:03.000 --> 00:00:04.000\nBye."
)
_SBV = "0:00:01.000,0:00:02.500\nHello there\n\n0:00:03.000,0:00:04.000\nBye."
_ASS = (
    "[Script Info]\nTitle: not said\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, "
    "Effect, Text\nDialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,Bye.\n"
    "Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,not said\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Anna,0,0,0,,{\\\\an8}Hello\\\\Nthere\n"
    "Dialogue: 1,0:00:01.00,0:00:02.50,Default,Anna,0,0,0,,{\\\\bord2}Hello\\\\Nthere\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\\\p1}m 0 0 l 9 9\n"
).replace("\\\\", "\\")
_ROLLING = (
    "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n \nhello<00:00:01.320><c> there</c>\n\n"
    "00:00:02.500 --> 00:00:02.510\nhello there\n \n\n00:00:03.000 --> 00:00:04.000\nhello there\n<c>bye</c>\n"
)
SUBTITLES = {"a.srt": _SRT, "a.vtt": _VTT, "a.sbv": _SBV, "a.ass": _ASS, "rolling.vtt": _ROLLING}
"""Hello there, from 1 to 2.5 s; bye, from 3 to 4 s."""
