"""Azure SQL Database as the target of a migration."""
