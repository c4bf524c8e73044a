"""Kafka: naming, envelope, partitioner, writer, reader, control topic and administration."""
