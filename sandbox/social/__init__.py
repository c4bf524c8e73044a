"""A social network: the application that the sandbox migrates while it keeps writing."""
