"""The words of one language: gettext, with named values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.support import NullTranslations, Translations

from reports.errors import ConfigError

if TYPE_CHECKING:
    from reports.present.templates import Templates

SOURCE_LANGUAGE = "en"
WORLD_ENGLISH = "en_001"  # "en" alone would write dates the American way


def mark(message: str) -> str:
    """Mark a message for extraction where it is only stored; it is translated when it is used."""
    return message


def mark_plural(one: str, many: str) -> tuple[str, str]:
    """Mark the two forms of a message for extraction, as `mark` does."""
    return one, many


@dataclass(frozen=True)
class Language:
    """One locale's messages. Values in braces are named: `text("was {value}", value="12")`."""

    locale: Locale
    translations: NullTranslations

    @classmethod
    def load(cls, templates: Templates, name: str) -> Language:
        """Find the catalogue of a locale; English is the language the messages are written in."""
        try:
            locale = Locale.parse(WORLD_ENGLISH if name == SOURCE_LANGUAGE else name)
        except UnknownLocaleError as error:
            raise ConfigError(
                f'"{name}" is not a locale', hint='Use "en" or another one that has a catalogue.'
            ) from error
        if locale.language == SOURCE_LANGUAGE:
            return cls(locale, NullTranslations())
        for folder in templates.folders:
            found = Translations.load(folder / "locale", [name, locale.language])
            if isinstance(found, Translations):
                return cls(locale, found)
        raise ConfigError(
            f'there is no catalogue for the locale "{name}"', hint=f'This version speaks "{SOURCE_LANGUAGE}".'
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
