"""Webhooks: callbacks of subscribers are checked, changes fanned out to them, and delivered, signed, until taken."""
