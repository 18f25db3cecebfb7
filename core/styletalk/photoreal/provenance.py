# SPDX-License-Identifier: Apache-2.0
"""What every file of a photoreal pass says of itself: that it is synthetic, and which photo and line it is made of.

As PNG texts, EXR attributes and MP4 tags; PNG and MP4 also as XMP with the IPTC's digital source type, which picture
agencies, search engines and platforms look for.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

from .. import __version__

SOFTWARE = f"StyleTalk {__version__}"
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOURCE_TYPES = {
    "neural": f"{_SOURCE_TYPES}trainedAlgorithmicMedia",
    "warp": f"{_SOURCE_TYPES}compositeSynthetic",
}
"""Renderer → the IPTC's name for what it makes: pictures of a trained network, or a photo with synthetic parts."""
XMP_KEYWORD = "XML:com.adobe.xmp"
"""Of the PNG text that holds XMP."""
JOB_KEYWORD = "StyleTalkJob"
"""Of the text that says which pass a frame belongs to."""
_XMP_BOX = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
"""Of the MP4 box that holds XMP."""


@dataclass(frozen=True)
class Provenance:
    """What a pass is made of. photo, line: names of files, without folders. photo_sha256, line_sha256: of their
    content, "" where that is not known. style: in which the line is spoken. renderer: "warp" or "neural"."""

    photo: str
    photo_sha256: str
    line: str
    line_sha256: str
    style: str
    renderer: str

    @property
    def source_type(self) -> str:
        """The IPTC's digital source type, a URL."""
        return SOURCE_TYPES[self.renderer]

    @property
    def sentence(self) -> str:
        """For people."""
        spoken = f", moved as the line “{self.line}” is spoken" if self.line else ""
        return (
            f"Synthetic: a computer animated the photo “{self.photo}”{spoken}. Nobody was recorded saying this. "
            f"Made with {SOFTWARE}."
        )

    def facts(self) -> dict[str, str]:
        """For programs."""
        return {
            "synthetic": "true", "digitalSourceType": self.source_type, "photo": self.photo,
            "photoSHA256": self.photo_sha256, "line": self.line, "lineSHA256": self.line_sha256, "style": self.style,
            "renderer": self.renderer, "software": SOFTWARE,
        }  # fmt: skip

    def png_texts(self, job: str) -> dict[str, str]:
        """Keyword → text of a PNG."""
        facts = json.dumps(self.facts(), ensure_ascii=False)
        said = {"Description": self.sentence, "Software": SOFTWARE, "Source": facts}
        return {**said, JOB_KEYWORD: job, XMP_KEYWORD: self.xmp()}

    def exr_texts(self, job: str) -> dict[str, str]:
        """Attribute → text of an OpenEXR header."""
        return {"comments": self.sentence, **self.facts(), JOB_KEYWORD: job, "xmp": self.xmp()}

    def film_tags(self) -> dict[str, str]:
        """Tag → text of an MP4, in tags that its players know."""
        facts = json.dumps(self.facts(), ensure_ascii=False)
        return {"comment": self.sentence, "description": facts}

    def xmp(self) -> str:
        """The packet: IPTC's digital source type, a description, the tool."""
        return (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
            ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<Iptc4xmpExt:DigitalSourceType>{self.source_type}</Iptc4xmpExt:DigitalSourceType>"
            f"<xmp:CreatorTool>{escape(SOFTWARE)}</xmp:CreatorTool>"
            f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{_xml_text(self.sentence)}</rdf:li></rdf:Alt>'
            "</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>\n"
            '<?xpacket end="r"?>'
        )

    def xmp_box(self) -> bytes:
        """The same as the last box of an MP4."""
        packet = self.xmp().encode("utf-8", "replace")
        return struct.pack(">I4s", 24 + len(packet), b"uuid") + _XMP_BOX + packet

    def manifest(self) -> dict[str, Any]:
        """The same as a C2PA manifest definition."""
        action = {
            "action": "c2pa.created", "digitalSourceType": self.source_type, "softwareAgent": {"name": SOFTWARE},
            "description": self.sentence,
        }  # fmt: skip
        return {
            "claim_generator_info": [{"name": "StyleTalk", "version": __version__}],
            "title": self.line or Path(self.photo).name,
            "assertions": [
                {"label": "c2pa.actions.v2", "data": {"actions": [action]}},
                {"label": "org.styletalk.sources", "data": self.facts()},
            ],
        }


def _xml_text(text: str) -> str:
    """Escaped, without the control characters that XML does not have."""
    return escape("".join(each for each in text if each >= " "))
