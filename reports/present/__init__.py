"""How values look to a reader: formats, language, theme, fonts, templates."""

from __future__ import annotations
