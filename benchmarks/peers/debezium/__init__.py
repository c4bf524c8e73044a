"""Debezium's connector in Kafka Connect, configured as well as we would for ourselves."""
