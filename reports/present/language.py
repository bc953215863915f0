"""The words of one language: gettext, with named values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Literal, TypeAlias

from babel import Locale, UnknownLocaleError
from babel.support import NullTranslations

from reports.errors import ConfigError
from reports.present.catalogue import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.present.templates import Templates

Digits: TypeAlias = Literal["latn", "arab"]

SOURCE_LANGUAGE = "en"
CATALOGUE = "messages.po"
ARABIC_DIGITS = {"ar"}  # languages that may be written with the digits of their own script
WORLD_ENGLISH = "en_001"  # "en" alone would write dates the American way


def mark(message: str) -> str:
    """Mark a message for extraction where it is only stored; it is translated when it is used."""
    return message


def mark_plural(one: str, many: str) -> tuple[str, str]:
    """Mark the two forms of a message for extraction, as `mark` does."""
    return one, many


COMMA, SEMICOLON = mark("{left}, {right}"), mark("{left}; {right}")


@dataclass(frozen=True)
class Language:
    """One locale's messages. Values in braces are named: `text("was {value}", value="12")`."""

    locale: Locale
    translations: NullTranslations
    digits: Digits = "latn"

    @classmethod
    def load(cls, templates: Templates, name: str, digits: Digits = "latn") -> Language:
        """Find the catalogue of a locale; English is the language the messages are written in."""
        try:
            locale = Locale.parse(WORLD_ENGLISH if name == SOURCE_LANGUAGE else name)
        except (UnknownLocaleError, ValueError) as error:
            raise ConfigError(
                f'"{name}" is not a locale', hint=f"There are: {', '.join(languages(templates))}."
            ) from error
        if locale.language == SOURCE_LANGUAGE:
            return cls(locale, NullTranslations())
        own = digits if locale.language in ARABIC_DIGITS else "latn"
        for folder in (name, locale.language):
            if (path := templates.find(f"locale/{folder}/{CATALOGUE}")) is not None:
                return cls(locale, read_catalogue(path, locale.language), own)
        raise ConfigError(
            f'there is no catalogue for the locale "{name}"', hint=f"There are: {', '.join(languages(templates))}."
        )

    @cached_property
    def tag(self) -> str:
        """The language as HTML and PDF name it."""
        return self.locale.language

    @cached_property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return str(self.locale.text_direction)

    def text(self, message: str, **values: object) -> str:
        """Return a message in this language, with its values."""
        return str(self.translations.ugettext(message)).format(**values)

    def plural(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Return the form of a message that fits a number; the text says `{number}` through its values."""
        return str(self.translations.ungettext(one, many, number)).format(**values)

    def listed(self, parts: Iterable[str]) -> str:
        """Return parts with commas between them, as the language writes these; empty ones are left out."""
        return self._chained(COMMA, parts)

    def sequence(self, parts: Iterable[str]) -> str:
        """Return parts with semicolons between them, as the language writes these; empty ones are left out."""
        return self._chained(SEMICOLON, parts)

    def _chained(self, words: str, parts: Iterable[str]) -> str:
        found = [one for one in parts if one]
        return reduce(lambda left, right: self.text(words, left=left, right=right), found) if found else ""


def languages(templates: Templates) -> list[str]:
    """Return the languages that reports can be written in."""
    found = {path.parent.name for folder in templates.folders for path in folder.glob(f"locale/*/{CATALOGUE}")}
    return sorted({SOURCE_LANGUAGE, *found})
