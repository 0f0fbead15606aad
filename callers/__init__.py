"""Somebody is on the line: one screen for what they offer and for what they need."""
