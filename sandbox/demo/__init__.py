"""A whole online migration of the social network under a live workload, that ends by itself."""

from sandbox.demo.course import Wishes, run_demo

__all__ = ["Wishes", "run_demo"]
