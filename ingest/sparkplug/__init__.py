"""Sparkplug B as a host application: a session of its own, and what is known of each edge node."""
