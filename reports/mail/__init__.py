"""From an edition to messages, and from messages to mailboxes."""

from __future__ import annotations
