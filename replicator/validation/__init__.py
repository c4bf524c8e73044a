"""Rows of source and target compared, value by value."""

from replicator.validation.compare import ComparableSource, ComparableTarget, compare
from replicator.validation.options import CompareOptions
from replicator.validation.report import Difference, DifferenceKind, Report, TableReport

__all__ = [
    "ComparableSource",
    "ComparableTarget",
    "CompareOptions",
    "Difference",
    "DifferenceKind",
    "Report",
    "TableReport",
    "compare",
]
