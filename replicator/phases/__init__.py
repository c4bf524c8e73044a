"""What a migration does in each of its states. A phase knows its own work, never the next one."""
