-- 40_views.sql: Views.

CREATE VIEW [dbo].[written] AS
SELECT
    [p].[id] AS [id],
    [u].[handle] AS [writer]
FROM [blog].[posts] AS [p]
    INNER JOIN [dbo].[users] AS [u] ON [u].[id] = [p].[author_id]
WHERE ([p].[kind] + N'.') COLLATE Latin1_General_100_BIN2 = N'story.'
GO
