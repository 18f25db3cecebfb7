# SPDX-License-Identifier: Apache-2.0
"""The one reader of XML: no entities, no documents elsewhere, and no deeper or larger than a file of ours can be."""

from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from .limits import MAX_NESTING, MAX_XML_PARTS
from .reading import UnusableContent


def parse_xml(text: str) -> Element:
    """The root of an XML text. Raises UnusableContent for anything else, and for entities that it declares."""
    builder, depth, parts = TreeBuilder(), 0, 0

    def start(name: str, attributes: "dict[str, str]") -> None:
        nonlocal depth, parts
        depth, parts = depth + 1, parts + 1 + len(attributes)
        if depth > MAX_NESTING:
            raise UnusableContent(f"it nests more than {MAX_NESTING} deep")
        if parts > MAX_XML_PARTS:
            raise UnusableContent(f"it has more than {MAX_XML_PARTS:,} elements")
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    parser = expat.ParserCreate("utf-8")  # whatever encoding the file says: it is decoded
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
    parser.EntityDeclHandler = _entity
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise UnusableContent(f"it is not XML, line {error.lineno}") from error
    return builder.close()


def _entity(*_: object) -> NoReturn:
    raise UnusableContent("it declares entities, which no alignment needs")
