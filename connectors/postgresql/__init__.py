"""PostgreSQL as a source: catalog, log, snapshot, markers, fence."""
