-- 20_sequences.sql: Sequences that no identity column replaces.

CREATE SEQUENCE [dbo].[tickets] AS bigint START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 NO CYCLE
GO
