"""What goes wrong in a seed: one room for each place where it does."""
