"""Widgets that draw lines of text with tones. They are handed what they show and fetch nothing."""
