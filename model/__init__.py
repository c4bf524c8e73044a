"""What flows: tables, types, changes, positions, ports and errors. Standard library only."""
