"""OpenADR 3.1: who sees what, under which topics, and how its objects meet the platform's own. No web here."""
