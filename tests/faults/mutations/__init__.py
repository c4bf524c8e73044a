"""Builds that break one promise each, and the tests that must notice."""
