"""The target's schema: types chosen exactly or refused, scripts that a person can read, deploy."""

from replicator.schema.convert import convert
from replicator.schema.options import PlanOptions, TableTypes
from replicator.schema.plan import SchemaPlan, plan
from replicator.schema.scripts import Scripts, Stage

__all__ = ["PlanOptions", "SchemaPlan", "Scripts", "Stage", "TableTypes", "convert", "plan"]
