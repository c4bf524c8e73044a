"""The load role: every table copied in bulk, in chunks, inside one snapshot of the source."""

from replicator.snapshot.loader import Loader

__all__ = ["Loader"]
