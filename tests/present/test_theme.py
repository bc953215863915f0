"""A theme has every token, each as it should be."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from reports.errors import ConfigError, RenderError
from reports.present.templates import Templates
from reports.present.theme import COLOURS, SIZES, Theme, load_theme
from tests.making import CHECKOUT, templates

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = (CHECKOUT / "templates" / "themes" / "default.toml").read_text(encoding="utf-8")


def themed(folder: Path, content: str) -> Theme:
    (folder / "themes").mkdir()
    (folder / "themes" / "mine.toml").write_text(content, encoding="utf-8")
    return load_theme(Templates((folder,)), "mine")


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_default_theme_has_every_token_and_gives_them_to_css() -> None:
    theme = load_theme(templates())
    assert tuple(theme.colours) == COLOURS
    assert tuple(theme.sizes) == SIZES
    for name in COLOURS:
        assert f"--{name}: {theme.colours[name]};" in theme.css()


@pytest.mark.parametrize("role", ["ink", "muted", "accent", "good", "bad"])
def test_words_can_be_read_on_paper(role: str) -> None:
    colours = load_theme(templates()).colours
    assert contrast(colours[role], colours["paper"]) >= 4.5


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("value", ["red", "#12161", "#12161FF", "#12161G", "", "#12161F; } body { x: y"])
def test_a_colour_that_is_none_is_refused(tmp_path: Path, name: str, value: str) -> None:
    right = tomllib.loads(DEFAULT)["colours"][name]
    line = f'{name} = "{right}"'
    assert line in DEFAULT
    with pytest.raises(ConfigError, match=f"colours.{name}"):
        themed(tmp_path, DEFAULT.replace(line, f'{name} = "{value}"'))


@pytest.mark.parametrize("value", ['"7"', "0", "-1", "nan", "inf", "1000", "true", "[7]"])
def test_a_size_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match=r"chart\.text"):
        themed(tmp_path, DEFAULT.replace("text = 7.2", f"text = {value}"))


def test_everything_missing_is_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        themed(tmp_path, "colours = 3\n[chart]\ntext = 7")
    assert raised.value.message.count("colours.") == len(COLOURS)
    assert raised.value.message.endswith("chart.strong")


def test_whole_numbers_are_sizes_too(tmp_path: Path) -> None:
    assert themed(tmp_path, DEFAULT.replace("text = 7.2", "text = 8")).sizes["text"] == 8.0


def test_a_theme_that_is_no_toml_or_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"themes/mine\.toml is not valid TOML"):
        themed(tmp_path, "[colours")
    with pytest.raises(RenderError, match=r"there is no themes/other\.toml"):
        load_theme(templates(), "other")
