"""The languages of reports: which ones something is written in, and texts that are given in several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from reports.config.secret import Section
from reports.config.values import LocaleName, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_LOCALES = 4
NumberSystem: TypeAlias = Literal["latn", "arab"]


def _locales(value: object) -> object:
    """Take a list with each language once."""
    if isinstance(value, list | tuple) and value and all(isinstance(one, str) for one in value):
        languages = [str(one).partition("_")[0] for one in value]
        if len(set(languages)) == len(languages):
            return tuple(value)
    message = 'write a list of languages, each once, such as ["ar", "en"]'
    raise ValueError(message)


Locales: TypeAlias = Annotated[
    tuple[LocaleName, ...], BeforeValidator(_locales), Field(min_length=1, max_length=MOST_LOCALES)
]


def _worded(value: object) -> object:
    """Take a text, or a table with a text for each language."""
    if isinstance(value, str) or (isinstance(value, dict) and value):
        return value
    message = 'should be a text, or one for each language: { en = "Weekly report", ar = "التقرير الأسبوعي" }'
    raise ValueError(message)


Worded: TypeAlias = Annotated[Text | dict[LocaleName, Text], BeforeValidator(_worded)]


def worded(text: str | Mapping[str, str], locale: str) -> str:
    """Return a text of the configuration in a language: in that of the region, of the language, else the first."""
    if isinstance(text, str):
        return text
    language = locale.partition("_")[0]
    return text.get(locale) or text.get(language) or next(iter(text.values()))


class Reader(Section):
    """What holds for one recipient wherever they get a message of their own."""

    locale: LocaleName
