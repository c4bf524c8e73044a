"""The one file that describes a migration: `sections` of our own, `file` reads the whole."""
