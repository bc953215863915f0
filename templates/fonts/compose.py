"""Makes one glyph of every Arabic letter that a font draws as a base and dots.

Noto Sans Arabic shares bases and dots among letters: no glyph says which letter it is, so whoever copies or searches
the text of a PDF finds other letters. A last substitution puts the pieces together as a glyph of its own, drawn as
before.
"""

from __future__ import annotations

from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import uharfbuzz as hb
from fontTools.otlLib.builder import LigatureSubstBuilder, buildAnchor
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphComponent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fontTools.ttLib import TTFont

STROKE, LAM = "\u0640", "\u0644"
BEFORE, AFTER = ("", STROKE, LAM, STROKE + LAM), ("", STROKE)  # a letter alone, joined, and in its place behind lam
LETTERS = (*range(0x620, 0x64B), *range(0x66E, 0x6D6), *range(0x6EE, 0x700), *range(0x750, 0x780), *range(0x8A0, 0x8C8))
FEATURE = "rlig"  # which no program leaves out, however wide it sets letters
BASE, MARK = 1, 3  # classes of glyphs
PAIRS, ON_BASES, ON_MARKS = 2, 4, 6  # kinds of lookups that place glyphs
USE_MY_METRICS = 0x0200
Parts: TypeAlias = tuple[str, ...]


class Place(NamedTuple):
    """Where a glyph stands, from the origin of its letter."""

    x: int
    y: int


def compose(font: TTFont) -> int:
    """Add the letters to a font, and return how many they are."""
    found = dict(_letters(font))
    names = {parts: f"letter{number:04}" for number, parts in enumerate(sorted(found))}
    for parts, name in names.items():
        _draw(font, name, parts, found[parts])
    font.setGlyphOrder(font["glyf"].glyphOrder)
    font["GDEF"].table.GlyphClassDef.classDefs |= dict.fromkeys(names.values(), BASE)
    bases = {name: parts[0] for parts, name in names.items()}
    lookups = font["GPOS"].table.LookupList.Lookup
    for lookup in lookups:
        for table in lookup.SubTable:
            if lookup.LookupType == PAIRS:
                _kern(table, bases)
            elif lookup.LookupType == ON_BASES:
                _attach(font, table, {name: (parts, found[parts]) for parts, name in names.items()})
    _substitute(font, names)
    return len(names)


def _letters(font: TTFont) -> Iterator[tuple[Parts, tuple[Place, ...]]]:
    """Yield the glyphs of every letter that has several, the base first, and where they stand."""
    buffer = BytesIO()
    font.save(buffer)
    shaper, names = hb.Font(hb.Face(buffer.getvalue())), font.getGlyphOrder()
    classes = font["GDEF"].table.GlyphClassDef.classDefs
    known = font.getBestCmap()
    seen: set[Parts] = set()
    for before, letter, after in product(BEFORE, (chr(one) for one in LETTERS if one in known), AFTER):
        for parts, places in _shaped(shaper, names, f"{before}{letter}{after}"):
            dotted = classes.get(parts[0]) != MARK and all(classes.get(one) == MARK for one in parts[1:])
            if len(parts) > 1 and dotted and parts not in seen:
                seen.add(parts)
                yield parts, places


def _shaped(shaper: hb.Font, names: list[str], text: str) -> Iterator[tuple[Parts, tuple[Place, ...]]]:
    """Yield the glyphs of each letter of a text in logical order, and where they stand."""
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(shaper, buffer)
    pen, letters = 0, dict[int, list[tuple[str, Place]]]()
    for glyph, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        place = Place(pen + position.x_offset, position.y_offset)
        letters.setdefault(glyph.cluster, []).insert(0, (names[glyph.codepoint], place))
        pen += position.x_advance
    for letter in letters.values():
        origin = letter[0][1]
        yield (
            tuple(name for name, _ in letter),
            tuple(Place(place.x - origin.x, place.y - origin.y) for _, place in letter),
        )


def _draw(font: TTFont, name: str, parts: Parts, places: tuple[Place, ...]) -> None:
    """Add a glyph that draws others in their places."""
    glyph = Glyph()
    glyph.numberOfContours = -1
    glyph.components = []
    for part, place in zip(parts, places, strict=True):
        component = GlyphComponent()
        component.glyphName, (component.x, component.y) = part, place
        component.flags = 0 if glyph.components else USE_MY_METRICS
        glyph.components.append(component)
    font["glyf"][name] = glyph
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = (font["hmtx"][parts[0]][0], glyph.xMin)


def _kern(table: Any, bases: dict[str, str]) -> None:  # noqa: ANN401 - fontTools has no types
    """Give letters the distances of their bases."""
    first = set(table.Coverage.glyphs)
    own = {name: base for name, base in bases.items() if base in first}
    if table.Format == 1:
        order = {glyph: number for number, glyph in enumerate(table.Coverage.glyphs)}
        table.PairSet += [table.PairSet[order[base]] for base in own.values()]
        table.PairSetCount = len(table.PairSet)
    else:
        for classes in (table.ClassDef1.classDefs, table.ClassDef2.classDefs):
            classes |= {name: classes[base] for name, base in bases.items() if base in classes}
    table.Coverage.glyphs += own


def _attach(font: TTFont, table: Any, letters: dict[str, tuple[Parts, tuple[Place, ...]]]) -> None:  # noqa: ANN401
    """Say where vowel signs are attached to letters: to the base, or to the dots where they stand on those."""
    marks = dict(zip(table.MarkCoverage.glyphs, table.MarkArray.MarkRecord, strict=True))
    bases = dict(zip(table.BaseCoverage.glyphs, table.BaseArray.BaseRecord, strict=True))
    signs = {
        number: [one for one, record in marks.items() if record.Class == number] for number in range(table.ClassCount)
    }
    for name, (parts, places) in letters.items():
        if parts[0] not in bases:
            continue
        record = type(bases[parts[0]])()
        record.BaseAnchor = [
            _on_dots(font, marks, signs[number], parts, places) or anchor
            for number, anchor in enumerate(bases[parts[0]].BaseAnchor)
        ]
        table.BaseCoverage.glyphs.append(name)
        table.BaseArray.BaseRecord.append(record)
    table.BaseArray.BaseCount = len(table.BaseArray.BaseRecord)


def _on_dots(font: TTFont, marks: dict[str, Any], signs: list[str], parts: Parts, places: tuple[Place, ...]) -> Any:  # noqa: ANN401
    """Return where signs of one class are attached if they stand on dots; None where they don't."""
    found = None
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for table in lookup.SubTable if lookup.LookupType == ON_MARKS else ():
            upper = dict(zip(table.Mark1Coverage.glyphs, table.Mark1Array.MarkRecord, strict=True))
            lower = dict(zip(table.Mark2Coverage.glyphs, table.Mark2Array.Mark2Record, strict=True))
            sign = next((one for one in sorted(signs, key=_common) if one in upper), None)
            dots = [(part, place) for part, place in zip(parts, places, strict=True) if part in lower]
            if sign is None or not dots:
                continue
            dot, place = dots[-1]
            anchor, own = lower[dot].Mark2Anchor[upper[sign].Class], upper[sign].MarkAnchor
            if anchor is not None:
                there = marks[sign].MarkAnchor
                x = place.x + anchor.XCoordinate - own.XCoordinate + there.XCoordinate
                y = place.y + anchor.YCoordinate - own.YCoordinate + there.YCoordinate
                found = buildAnchor(x, y)
    return found


def _common(sign: str) -> tuple[bool, str]:
    """Order signs: those of everyday Arabic first, since one of them speaks for its class."""
    return not "uni064B" <= sign <= "uni0652", sign


def _substitute(font: TTFont, names: dict[Parts, str]) -> None:
    """Put the pieces together once everything else is done."""
    table = font["GSUB"].table
    builder = LigatureSubstBuilder(font, None)
    builder.ligatures = dict(names)
    lookup = builder.build()
    table.LookupList.Lookup.append(lookup)
    number = len(table.LookupList.Lookup) - 1
    table.LookupList.LookupCount = number + 1
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == FEATURE:
            record.Feature.LookupListIndex.append(number)
            record.Feature.LookupCount = len(record.Feature.LookupListIndex)
