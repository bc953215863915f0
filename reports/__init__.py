"""Scheduled PDF and e-mail reports for sales pipelines on Voxys Connect."""

from __future__ import annotations

__version__ = "0.1.0"
