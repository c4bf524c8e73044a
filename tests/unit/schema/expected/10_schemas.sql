-- 10_schemas.sql: Schemas.

CREATE SCHEMA [blog]
GO
