-- 30_tables.sql: Tables with the keys that the load needs.

CREATE TABLE [blog].[posts] (
    [id] bigint NOT NULL,
    [author_id] bigint NULL,
    [kind] nvarchar(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [body] nvarchar(max) CONSTRAINT [DF_posts_body] DEFAULT (N'a]b') NULL,
    [seen_at] datetime2(6) CONSTRAINT [DF_posts_seen_at] DEFAULT (SYSUTCDATETIME()) NULL,
    CONSTRAINT [posts_pkey] PRIMARY KEY CLUSTERED ([id])
)
GO

CREATE TABLE [dbo].[users] (
    [id] bigint IDENTITY(5,1) NOT NULL,
    [handle] nvarchar(30) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [email] nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
    [status] nvarchar(6) COLLATE Latin1_General_100_BIN2 CONSTRAINT [DF_users_status] DEFAULT (N'active') NOT NULL,
    [settings] nvarchar(max) CONSTRAINT [DF_users_settings] DEFAULT (N'{}') NULL,
    [price] decimal(12,2) CONSTRAINT [DF_users_price] DEFAULT (0) NOT NULL,
    [quantity] int CONSTRAINT [DF_users_quantity] DEFAULT (1) NOT NULL,
    [total] AS (CAST(([price] * [quantity]) AS decimal(14,2))) PERSISTED,
    [slug] nvarchar(max) NULL,
    [created_at] datetimeoffset(6) CONSTRAINT [DF_users_created_at] DEFAULT (SYSUTCDATETIME()) NOT NULL,
    CONSTRAINT [users_pkey] PRIMARY KEY CLUSTERED ([id])
)
GO

EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'People', @level0type = N'SCHEMA', @level0name = N'dbo', @level1type = N'TABLE', @level1name = N'users'
GO

EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'what''s set', @level0type = N'SCHEMA', @level0name = N'dbo', @level1type = N'TABLE', @level1name = N'users', @level2type = N'COLUMN', @level2name = N'settings'
GO
