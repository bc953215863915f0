"""Reads themes: what one leaves out is the default's, what nobody could read is changed and said."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from reports.config.theme import parse_theme
from reports.errors import ConfigError, RenderError
from reports.files import why
from reports.present import logo as logos
from reports.present import typefaces as fonts
from reports.present.colour import luminance, whole
from reports.present.fonts import DISPLAY_FAMILIES, OWN_STACK, FontStack
from reports.present.palette import IN_THE_DARK, complete, legible
from reports.present.theme import COLOURS, DARK, SIZES, Theme
from reports.present.typefaces import Typeface

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from reports.config.theme import ThemeTable
    from reports.present.logo import Logo
    from reports.present.templates import Templates

DEFAULT = "themes/default"
FORMS = ("{name}.toml", "{name}/theme.toml")  # a theme is a file, or a folder with one
FOLLOWERS = {"accent": ("mid", "tint"), "paper": ("pale", "hair")}  # derived anew where they aren't named beside it
LIGHT, DIM = 0.7, 0.1  # luminance: what paper has at least, and a screen in the dark at most


@dataclass(frozen=True)
class _Source:
    """A theme's file: what stands in it, and the files beside it that were read, by their path below a project."""

    file: Path
    table: ThemeTable
    prefix: str
    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, key: str, name: str, most: int) -> bytes:
        """Return a file that the theme names; it is kept with the theme."""
        path = self.file.parent / name
        try:
            content = path.read_bytes()
        except OSError as error:
            hint = "Put the file there, or name another one."
            raise ConfigError(f"{self.file}: {key}: {path} can't be read: {why(error)}", hint=hint) from error
        if len(content) > most:
            hint = f"It goes into every report: {most // 1024:,} KB at most."
            raise ConfigError(f"{self.file}: {key}: {name} has {len(content) // 1024:,} KB", hint=hint)
        self.files[f"{self.prefix}{name}"] = content
        return content


def load_theme(
    templates: Templates, name: str | None = None, accent: str | None = None, project: Path | None = None
) -> Theme:
    """Return a theme by its path below the project's folder or the templates; an accent comes before the theme's own.

    Raises a ConfigError where there is no such theme, or where something in it is not as it should be.
    """
    sources = [*_defaults(templates), *([_named(templates, name, project)] if name else [])]
    tables = [one.table for one in sources]
    written, dimmed = _colours(tables, accent), _dark(tables)
    colours, reasons = complete(written)
    dark, dim_reasons = legible(dimmed, "paper", IN_THE_DARK)
    ours = _colours(tables[:1], None), _dark(tables[:1])  # nobody needs to be told that these follow
    notes = [
        *_notes("", _others(written, ours[0]), colours, reasons),
        *_notes("dark.", _others(dimmed, ours[1]), dark, dim_reasons),
    ]
    _require_paper(sources[-1].file, colours["paper"], dark["paper"])
    faces = {role: face for one in sources for role, face in _typefaces(one)}
    drawn = [logo for one in sources if (logo := _logo(one)) is not None]
    return Theme(
        colours={role: colours[role] for role in COLOURS},
        dark={role: dark[role] for role in DARK},
        sizes=_sizes(tables),
        radius=next((one.radius for one in reversed(tables) if one.radius is not None), 0.0),
        typefaces=tuple(dict.fromkeys(faces.values())),
        stack=_stack(faces),
        display=_display(faces),
        logo=drawn[-1] if drawn else None,
        notes=tuple(notes),
        files={path: content for one in sources for path, content in one.files.items()},
    )


def _defaults(templates: Templates) -> Iterator[_Source]:
    """Yield the themes that others start from: our own first, then what a project made of it."""
    found = list(_forms(templates, DEFAULT))
    if not found:
        raise RenderError(f"there is no {DEFAULT}.toml among the templates", hint="Install the package anew.")
    for path, prefix in reversed(found):
        yield _source(path, prefix)


def _named(templates: Templates, name: str, project: Path | None) -> _Source:
    own = _in_folder(project, name, "") if project else ()
    for path, prefix in (*own, *_forms(templates, name)):
        return _source(path, prefix)
    where = [str(one) for one in (project, *templates.folders) if one is not None]
    hint = f"A theme is a file {name}.toml, or {name}/theme.toml, in one of: {', '.join(where)}."
    raise ConfigError(f'there is no theme "{name}"', hint=hint)


def _forms(templates: Templates, name: str) -> Iterator[tuple[Path, str]]:
    for folder in templates.folders:
        yield from _in_folder(folder, name, "templates/")


def _in_folder(folder: Path, name: str, prefix: str) -> Iterator[tuple[Path, str]]:
    """Yield the files of a theme in a folder, each with where what lies beside it is kept."""
    for form in FORMS:
        path = folder / form.format(name=name)
        if path.is_file():
            yield path, f"{prefix}{path.parent.relative_to(folder).as_posix()}/".removeprefix("./")


def _source(path: Path, prefix: str) -> _Source:
    try:
        content = path.read_bytes()
        table = parse_theme(path, content.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read as text", hint="It has to be a TOML file in UTF-8.") from error
    return _Source(path, table, prefix, {f"{prefix}{path.name}": content})


def _colours(tables: Sequence[ThemeTable], accent: str | None) -> dict[str, str]:
    """Return the colours as they are written; those that follow another one are its own or none."""
    found: dict[str, str] = {}
    for named in (*(one.named_colours() for one in tables), {"accent": accent} if accent else {}):
        led = {follower for leader, followers in FOLLOWERS.items() if leader in named for follower in followers}
        found = {role: colour for role, colour in found.items() if role not in led}
        found |= {role: whole(colour) for role, colour in named.items()}
    return found


def _dark(tables: Sequence[ThemeTable]) -> dict[str, str]:
    named = (one.dark.model_dump(exclude_none=True) for one in tables)
    return {role: whole(colour) for each in named for role, colour in each.items()}


def _sizes(tables: Sequence[ThemeTable]) -> dict[str, float]:
    found = {role: size for one in tables for role, size in one.chart.model_dump(exclude_none=True).items()}
    return {role: float(found[role]) for role in SIZES}


def _others(colours: Mapping[str, str], than: Mapping[str, str]) -> dict[str, str]:
    return {role: colour for role, colour in colours.items() if than.get(role) != colour}


def _notes(table: str, named: Mapping[str, str], used: Mapping[str, str], reasons: Mapping[str, str]) -> Iterator[str]:
    """Say of each colour that somebody named and that was changed what it was, why, and what it is now."""
    for role, reason in reasons.items():
        if role in named:
            yield f"{table}{role} {named[role]} {reason}; {used[role]} is used"


def _require_paper(file: Path, paper: str, dark: str) -> None:
    if luminance(paper) < LIGHT:
        raise ConfigError(f"{file}: colours.paper: {paper} is too dark to print on", hint="Choose a lighter one.")
    if luminance(dark) > DIM:
        raise ConfigError(f"{file}: dark.paper: {dark} is not dark", hint="Choose a darker one.")


def _typefaces(source: _Source) -> Iterator[tuple[str, Typeface]]:
    """Yield the fonts of a theme by what they are for; weights of the same letters are one family."""
    named = {} if source.table.fonts is None else source.table.fonts.model_dump(exclude_none=True)
    contents = {role: source.read(f"fonts.{role}", name, fonts.MOST_BYTES) for role, name in named.items()}
    for _, roles in groupby(contents, fonts.PARTS.__getitem__):
        together = list(roles)
        kinds = [fonts.check_font(f"{source.file}: fonts.{one}: {named[one]}", one, contents[one]) for one in together]
        family = fonts.family_of([contents[role] for role in together])
        for role, kind in zip(together, kinds, strict=True):
            yield role, Typeface(family, fonts.WEIGHTS[role], source.file.parent / named[role], contents[role], kind)


def _stack(faces: Mapping[str, Typeface]) -> FontStack:
    """Return what text is set in: the theme's fonts, and ours for the letters that they don't have."""
    latin, arabic = OWN_STACK.families
    families = [faces[role].family for role in ("regular",) if role in faces] + [latin]
    families += [faces[role].family for role in ("arabic",) if role in faces] + [arabic]
    capitals = fonts.capitals_of(faces["regular"].content) if "regular" in faces else None
    return FontStack(tuple(families), capitals or OWN_STACK.capitals)


def _display(faces: Mapping[str, Typeface]) -> tuple[str, ...]:
    """Return what headlines are set in: a font of their own, else that of the text."""
    _, *others = _stack(faces).families
    if "display" in faces:
        return (faces["display"].family, *_stack(faces).families)
    return _stack(faces).families if "regular" in faces else (DISPLAY_FAMILIES[0], *others)


def _logo(source: _Source) -> Logo | None:
    table = source.table.logo
    if table is None:
        return None
    content = source.read("logo.file", table.file, logos.MOST_BYTES)
    mail = None
    if table.mail is not None:
        mail = (f"{source.file}: logo.mail: {table.mail}", source.read("logo.mail", table.mail, logos.MOST_BYTES))
    return logos.read_logo(f"{source.file}: logo.file: {table.file}", content, table.height, table.alt, mail)
