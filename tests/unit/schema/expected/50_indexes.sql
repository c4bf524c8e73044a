-- 50_indexes.sql: Unique keys and indexes: after the load, when every table is consistent.

CREATE NONCLUSTERED INDEX [posts_author_idx] ON [blog].[posts] ([author_id]) INCLUDE ([body])
GO

CREATE NONCLUSTERED INDEX [posts_kind_idx] ON [blog].[posts] ([author_id]) WHERE [kind] = N'x'
GO

CREATE UNIQUE NONCLUSTERED INDEX [posts_once_idx] ON [blog].[posts] ([author_id], [kind]) WHERE [author_id] IS NOT NULL
GO

CREATE NONCLUSTERED INDEX [posts_unseen_idx] ON [blog].[posts] ([author_id]) WHERE [seen_at] IS NULL
GO

CREATE UNIQUE NONCLUSTERED INDEX [users_email_key] ON [dbo].[users] ([email]) WHERE [email] IS NOT NULL
GO

ALTER TABLE [dbo].[users] ADD CONSTRAINT [users_handle_key] UNIQUE NONCLUSTERED ([handle])
GO
