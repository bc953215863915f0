"""From a page's context to HTML, through the templates."""

from __future__ import annotations

import re
import traceback
import unicodedata
from base64 import b64encode
from functools import cache, partial
from typing import TYPE_CHECKING

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    select_autoescape,
)
from markupsafe import Markup

from reports.errors import RenderError
from reports.present.fonts import drawable
from reports.present.templates import FILES, NOTICE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.present.language import Language
    from reports.present.templates import Templates

IMAGE = re.compile(r'<img\b[^>]*?\bsrc="(?P<address>[^"]*)"[^>]*>')  # in an attribute, > is escaped
PHONE = "(max-width: 40em)"  # as in the style sheet of pages


class _Loader(BaseLoader):
    """Finds Jinja templates the way all templates are found."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text and its file, which errors name."""
        del environment
        path = self._templates.find(template)
        if path is None:
            raise TemplateNotFound(template)
        return self._templates.read(template), str(path), lambda: True


@cache
def _environment(templates: Templates, *, own_fonts: bool = True) -> Environment:
    return Environment(
        loader=_Loader(templates),
        autoescape=select_autoescape(default=True, default_for_string=True, disabled_extensions=("txt",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=partial(_shown, templates) if own_fonts else None,
    )


def _shown(templates: Templates, value: object) -> object:
    """Print what no font has as a visible square; numbers and marked-up text pass as they are."""
    if not isinstance(value, str) or value.isascii():
        return value
    text = drawable(templates, value)
    return Markup(text) if isinstance(value, Markup) else text  # noqa: S704 - marked as safe before


def render_template(
    templates: Templates, name: str, language: Language, *, own_fonts: bool = True, **context: object
) -> str:
    """Fill one template; an error in it names the file, the line and what is wrong.

    Without our `own_fonts` every letter stays, since the reader's program has fonts of its own.
    """
    words = {"t": language.text, "n": language.plural, "language": language, "css_string": css_string, "runs": runs}
    try:
        return _environment(templates, own_fonts=own_fonts).get_template(name).render(**words, **context)
    except TemplateNotFound as error:
        raise RenderError(
            f"{_where(templates, name, error)}: there is no template {error.name}",
            hint="Check the names behind include and extends.",
        ) from error
    except TemplateSyntaxError as error:
        raise _syntax(error) from error
    except RenderError:
        raise
    except Exception as error:
        raise _at_line(templates, name, error) from error


def check_template(templates: Templates, template: str) -> None:
    """Read and compile the files of a template, and the owner's notice; an error names the file and the line."""
    for name in (*(f"{template}/{file}" for file in FILES), NOTICE):
        try:
            _environment(templates).get_template(name)
        except TemplateSyntaxError as error:
            raise _syntax(error) from error


def _syntax(error: TemplateSyntaxError) -> RenderError:
    where = f"{error.filename or error.name}, line {error.lineno}"
    return RenderError(f"{where}: {error.message}", hint="Mend the template.")


def _at_line(templates: Templates, name: str, error: Exception) -> RenderError:
    """Say where in the templates something failed, and what."""
    what = str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
    hint = "Mend the template; the README tells what templates see."
    return RenderError(f"{_where(templates, name, error)}: {what}", hint=hint)


def _where(templates: Templates, name: str, error: Exception) -> str:
    """Return the innermost line of the templates in the traceback."""
    folders = tuple(str(folder) for folder in templates.folders)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folders)]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else name


def svg_address(svg: bytes) -> str:
    """Return an SVG as an address that needs no file."""
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"


def with_pictures(html: str, wide: Mapping[str, bytes], narrow: Mapping[str, bytes]) -> str:
    """Put SVGs in the place of the addresses that a page has for them; on a phone the narrow ones are shown."""

    def picture(found: re.Match[str]) -> str:
        address = found["address"]
        if address not in wide:
            return found[0]
        image = found[0].replace(f'src="{address}"', f'src="{svg_address(wide[address])}"')
        if address not in narrow:
            return image
        return f'<picture><source media="{PHONE}" srcset="{svg_address(narrow[address])}">{image}</picture>'

    return IMAGE.sub(picture, html)


def runs(text: str) -> str:
    """Return which way a name runs: `ltr` or `rtl` as its first letter does; needed where it breaks into lines.

    An isolate doesn't reach beyond the line on which it begins.
    """
    strong = next((one for one in map(unicodedata.bidirectional, text) if one in {"L", "R", "AL"}), "L")
    return "ltr" if strong == "L" else "rtl"


def css_string(text: str) -> Markup:
    """Return a text as a CSS string literal, quotes and all."""
    safe = "".join(one if one.isalnum() or one in " .,:/-" else f"\\{ord(one):x} " for one in text)
    return Markup(f'"{safe}"')  # noqa: S704 - nothing but letters, digits and escapes is left
