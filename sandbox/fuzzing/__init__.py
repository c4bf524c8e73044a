"""Hostile bytes for the Azure SQL stand-in: by coverage, and by sockets while others work."""
