"""What people decide about their data: consent, export, erasure; and who looked at it."""
