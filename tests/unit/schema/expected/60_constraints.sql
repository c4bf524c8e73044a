-- 60_constraints.sql: Checks, and foreign keys that finalise will enable.

ALTER TABLE [dbo].[users] WITH NOCHECK ADD CONSTRAINT [CK_users_status] CHECK ([status] IN (N'active', N'it''s'))
GO

ALTER TABLE [dbo].[users] WITH NOCHECK ADD CONSTRAINT [CK_users_settings_json] CHECK (ISJSON([settings], VALUE) = 1)
GO

ALTER TABLE [dbo].[users] WITH NOCHECK ADD CONSTRAINT [price_check] CHECK ([price] >= 0)
GO

ALTER TABLE [blog].[posts] WITH NOCHECK ADD CONSTRAINT [posts_author_fkey] FOREIGN KEY ([author_id]) REFERENCES [dbo].[users] ([id]) ON DELETE SET NULL
GO

ALTER TABLE [blog].[posts] NOCHECK CONSTRAINT [posts_author_fkey]
GO
