"""The last touches to a PDF before it is written: what programs that read it aloud need and the layout leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydyf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEFINED = ("/Lbl", "/LBody")  # a term and its meaning


def finish(pdf: Any, spoken: Sequence[Mapping[int, str]], *, right_to_left: bool) -> None:  # noqa: ANN401 - pydyf has no types
    """Complete the structure tree and the catalogue; nothing depends on the clock.

    `spoken` are the words behind the marked content of each page, by its number.
    """
    pages = dict(zip(pdf.page_references, spoken, strict=True))
    root = _object(pdf, pdf.catalog["StructTreeRoot"])
    identified = {}
    for element in list(_elements(pdf, root)):
        if element["S"] == "/L":
            _pair_terms(pdf, element)
        _say(element, pages)
        if "ID" in element:
            identified[element["ID"].string] = element
    if identified:
        root["IDTree"] = _name_tree(pdf, identified)
    pdf.catalog["ViewerPreferences"]["Direction"] = "/R2L" if right_to_left else "/L2R"
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))  # weasyprint lists each file twice


def _say(element: Any, pages: Mapping[bytes, Mapping[int, str]]) -> None:  # noqa: ANN401 - no types there
    """Put the words behind its content on an element.

    They stand in the structure, not in the page: programs that search and copy what is drawn put it in order by
    themselves, and would do so to words that are in order.
    """
    marks = [kid for kid in element["K"] if isinstance(kid, int)]
    if words := "".join(pages[element["Pg"]].get(one, "") for one in marks):
        element["ActualText"] = pydyf.String(words)


def _object(pdf: Any, reference: bytes) -> Any:  # noqa: ANN401 - no types there
    return pdf.objects[int(reference.split()[0])]


def _kids(pdf: Any, element: Any) -> Iterator[Any]:  # noqa: ANN401 - no types there
    """Yield the elements right below; the others are numbers of marked content, and references to links."""
    for kid in element["K"]:
        if isinstance(kid, bytes) and "S" in (found := _object(pdf, kid)):
            yield found


def _elements(pdf: Any, element: Any) -> Iterator[Any]:  # noqa: ANN401 - no types there
    """Yield every element below, in reading order."""
    for kid in _kids(pdf, element):
        yield kid
        yield from _elements(pdf, kid)


def _pair_terms(pdf: Any, items: Any) -> None:  # noqa: ANN401 - no types there
    """Make one item of each term with its meaning: weasyprint makes two, inside a division of no meaning."""
    for group in _kids(pdf, items):
        pair = list(_kids(pdf, group))
        whole = [one["S"] for one in pair] == ["/LI", "/LI"]  # a page may end between them
        if group["S"] == "/Div" and whole and all(len([*_kids(pdf, one)]) == 1 for one in pair):
            group["S"] = "/LI"
            for item, kind in zip(pair, DEFINED, strict=True):
                item["S"], item["K"] = kind, _below(pdf, item)


def _below(pdf: Any, item: Any) -> Any:  # noqa: ANN401 - no types there
    """Return what stands in an item, without the body that wraps it."""
    (body,) = _kids(pdf, item)
    for kid in _kids(pdf, body):
        kid["P"] = item.reference
    return body["K"]


def _name_tree(pdf: Any, identified: dict[str, Any]) -> bytes:  # noqa: ANN401 - no types there
    """Return the list by which readers find the header that a cell names."""
    names = pydyf.Array()
    for key in sorted(identified):
        names.extend((pydyf.String(key), identified[key].reference))
    limits = pydyf.Array((pydyf.String(min(identified)), pydyf.String(max(identified))))
    leaf = pydyf.Dictionary({"Names": names, "Limits": limits})
    pdf.add_object(leaf)
    root = pydyf.Dictionary({"Kids": pydyf.Array([leaf.reference])})
    pdf.add_object(root)
    reference: bytes = root.reference
    return reference
