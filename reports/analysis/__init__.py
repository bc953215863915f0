"""Pure computations over figures: no I/O, no language."""

from __future__ import annotations
