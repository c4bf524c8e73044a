

-- case: dateadd to the last day of a shorter month
-- page: sql/t-sql/functions/dateadd-transact-sql
SELECT DATEADD(month, 1, '20060830') AS a, DATEADD(month, 1, '20060831') AS b;
GO

-- case: dateadd keeps the type and the seventh digit
-- page: sql/t-sql/functions/dateadd-transact-sql
DECLARE @d datetime2 = '2007-01-01 13:10:10.1111111';
SELECT CAST(DATEADD(year, 1, @d) AS varchar(30)) AS y, CAST(DATEADD(quarter, 1, @d) AS varchar(30)) AS q, CAST(DATEADD(week, 1, @d) AS varchar(30)) AS w, CAST(DATEADD(millisecond, 1, @d) AS varchar(30)) AS ms, CAST(DATEADD(microsecond, 1, @d) AS varchar(30)) AS mcs;
GO

-- case: dateadd rounds nanoseconds to hundreds
-- page: sql/t-sql/functions/dateadd-transact-sql
DECLARE @d datetime2 = '2007-01-01 13:10:10.1111111';
SELECT CAST(DATEADD(nanosecond, 49, @d) AS varchar(30)) AS down, CAST(DATEADD(nanosecond, 50, @d) AS varchar(30)) AS up, CAST(DATEADD(nanosecond, 150, @d) AS varchar(30)) AS two;
GO

-- case: dateadd truncates its number
-- page: sql/t-sql/functions/dateadd-transact-sql
SELECT DATEADD(day, 1.9, CAST('2020-01-01' AS date)) AS d;
GO

-- case: dateadd beyond the range is error 517
-- page: sql/t-sql/functions/dateadd-transact-sql
SELECT DATEADD(year, 2147483647, '20060731') AS d;
GO

-- case: dateadd with a number beyond int is error 8115
-- page: sql/t-sql/functions/dateadd-transact-sql
SELECT DATEADD(year, 2147483648, '20060731') AS d;
GO

-- case: dateadd of nanoseconds to a date is an error
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-9000-to-9999
DECLARE @d date = '2020-01-01';
SELECT DATEADD(nanosecond, 1, @d) AS d;
GO

-- case: dateadd to a datetime rounds to its ticks
-- page: sql/t-sql/functions/dateadd-transact-sql
DECLARE @days int = 365, @datetime datetime = '2000-01-01 01:01:01.111';
SELECT DATEADD(day, @days, @datetime) AS d;
GO

-- case: datediff counts the boundaries that are crossed
-- page: sql/t-sql/functions/datediff-transact-sql
SELECT DATEDIFF(year, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000') AS y, DATEDIFF(quarter, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000') AS q, DATEDIFF(month, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000') AS m, DATEDIFF(day, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000') AS d, DATEDIFF(week, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000') AS w, DATEDIFF(hour, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000') AS h, DATEDIFF(second, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000') AS s, DATEDIFF(millisecond, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000') AS ms, DATEDIFF(microsecond, '2005-12-31 23:59:59.9999999', '2006-01-01 00:00:00.0000000') AS mcs;
GO

-- case: datediff is negative when the end comes first
-- page: sql/t-sql/functions/datediff-transact-sql
SELECT DATEDIFF(day, '2036-03-01', '2036-02-28') AS d;
GO

-- case: datediff beyond an int is error 535
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT DATEDIFF(millisecond, '2000-01-01', '2020-01-01') AS ms;
GO

-- case: datediff_big goes on beyond an int
-- page: sql/t-sql/functions/datediff-big-transact-sql
SELECT DATEDIFF_BIG(millisecond, '2000-01-01', '2020-01-01') AS ms;
GO

-- case: datediff counts weeks from sunday whatever datefirst says
-- page: sql/t-sql/functions/datediff-transact-sql
SET DATEFIRST 1;
SELECT DATEDIFF(week, '2024-01-06', '2024-01-07') AS w;
GO

-- case: the parts of a moment
-- page: sql/t-sql/functions/datepart-transact-sql
SELECT DATEPART(year, '2007-10-30 12:15:32.1234567 +05:10') AS y, DATEPART(quarter, '2007-10-30 12:15:32.1234567 +05:10') AS q, DATEPART(month, '2007-10-30 12:15:32.1234567 +05:10') AS m, DATEPART(dayofyear, '2007-10-30 12:15:32.1234567 +05:10') AS dy, DATEPART(day, '2007-10-30 12:15:32.1234567 +05:10') AS d, DATEPART(week, '2007-10-30 12:15:32.1234567 +05:10') AS w, DATEPART(weekday, '2007-10-30 12:15:32.1234567 +05:10') AS dw, DATEPART(iso_week, '2007-10-30 12:15:32.1234567 +05:10') AS iso;
GO

-- case: the parts of a time
-- page: sql/t-sql/functions/datepart-transact-sql
SELECT DATEPART(hour, '2007-10-30 12:15:32.1234567 +05:10') AS h, DATEPART(minute, '2007-10-30 12:15:32.1234567 +05:10') AS mi, DATEPART(second, '2007-10-30 12:15:32.1234567 +05:10') AS s, DATEPART(millisecond, '2007-10-30 12:15:32.1234567 +05:10') AS ms, DATEPART(microsecond, '2007-10-30 12:15:32.1234567 +05:10') AS mcs, DATEPART(nanosecond, '2007-10-30 12:15:32.1234567 +05:10') AS ns, DATEPART(tzoffset, '2007-10-30 12:15:32.1234567 +05:10') AS tz;
GO

-- case: a literal that is only a time has the first day of 1900
-- page: sql/t-sql/functions/datepart-transact-sql
SELECT DATEPART(year, '12:10:30.123') AS y, DATEPART(month, '12:10:30.123') AS m, DATEPART(day, '12:10:30.123') AS d, DATEPART(dayofyear, '12:10:30.123') AS dy, DATEPART(weekday, '12:10:30.123') AS dw;
GO

-- case: a time variable has no year
-- page: sql/t-sql/functions/datepart-transact-sql
DECLARE @t time = '12:10:30.123';
SELECT DATEPART(year, @t) AS y;
GO

-- case: datefirst moves week and weekday
-- page: sql/t-sql/functions/datepart-transact-sql
SET DATEFIRST 1;
SELECT DATEPART(week, '2007-04-21 ') AS w, DATEPART(weekday, '2007-04-21 ') AS dw, @@DATEFIRST AS first;
GO
SET DATEFIRST 3;
SELECT DATEPART(week, '2007-04-21 ') AS w, DATEPART(weekday, '2007-04-21 ') AS dw;
GO
SET DATEFIRST 7;
SELECT DATEPART(week, '2007-04-21 ') AS w, DATEPART(weekday, '2007-04-21 ') AS dw;
GO

-- case: year, month and day
-- page: sql/t-sql/functions/year-transact-sql
SELECT YEAR('2010-04-30T01:01:01.1234567-07:00') AS y, MONTH('2007-04-30T01:01:01.1234567 -07:00') AS m, DAY('2015-04-30 01:01:01.1234567') AS d;
GO

-- case: zero is the first of january 1900
-- page: sql/t-sql/functions/datepart-transact-sql
SELECT DATEPART(year, 0) AS y, DATEPART(month, 0) AS m, DATEPART(day, 0) AS d;
GO

-- case: datename gives words
-- page: sql/t-sql/functions/datename-transact-sql
SELECT DATENAME(month, '2007-10-30 12:15:32.1234567 +05:10') AS m, DATENAME(weekday, '2007-10-30 12:15:32.1234567 +05:10') AS dw, DATENAME(year, '2007-10-30') AS y, DATENAME(tzoffset, '2007-10-30 12:15:32.1234567 +05:10') AS tz;
GO

-- case: eomonth
-- page: sql/t-sql/functions/eomonth-transact-sql
DECLARE @date datetime = '12/1/2011';
SELECT EOMONTH(@date) AS this, EOMONTH(@date, 1) AS next, EOMONTH('2024-01-31', 1) AS leap, EOMONTH(NULL) AS nothing;
GO

-- case: datefromparts
-- page: sql/t-sql/functions/datefromparts-transact-sql
SELECT DATEFROMPARTS(2010, 12, 31) AS d, DATEFROMPARTS(2010, NULL, 31) AS nothing;
GO

-- case: datefromparts of no date is error 289
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT DATEFROMPARTS(2010, 2, 30) AS d;
GO

-- case: datetime2fromparts
-- page: sql/t-sql/functions/datetime2fromparts-transact-sql
SELECT DATETIME2FROMPARTS(2011, 8, 15, 14, 23, 44, 5, 1) AS one, DATETIME2FROMPARTS(2011, 8, 15, 14, 23, 44, 50, 2) AS two, DATETIME2FROMPARTS(2011, 8, 15, 14, 23, 44, 500, 3) AS three;
GO

-- case: timefromparts and datetimefromparts
-- page: sql/t-sql/functions/timefromparts-transact-sql
SELECT TIMEFROMPARTS(23, 59, 59, 0, 0) AS t, TIMEFROMPARTS(14, 23, 44, 5, 1) AS f, DATETIMEFROMPARTS(2010, 12, 31, 23, 59, 59, 0) AS d;
GO

-- case: datetime is rounded to 0, 3 and 7 milliseconds
-- page: sql/t-sql/data-types/datetime-transact-sql
SELECT CAST('1998-01-01T23:59:59.999' AS datetime) AS a, CAST('1998-01-01T23:59:59.996' AS datetime) AS b, CAST('1998-01-01T23:59:59.994' AS datetime) AS c, CAST('1998-01-01T23:59:59.991' AS datetime) AS d;
GO

-- case: datetime to datetime2 shows the third of a tick
-- page: sql/t-sql/data-types/datetime2-transact-sql
DECLARE @datetime datetime = '2016-10-23 12:45:37.333';
DECLARE @datetime2 datetime2 = @datetime;
SELECT CAST(@datetime2 AS varchar(30)) AS d;
GO

-- case: a date gets midnight and a time gets 1900
-- page: sql/t-sql/data-types/datetime2-transact-sql
DECLARE @date date = '2016-12-21', @time time(7) = '12:10:16.1234567';
DECLARE @a datetime2 = @date, @b datetime2 = @time;
SELECT CAST(@a AS varchar(30)) AS a, CAST(@b AS varchar(30)) AS b;
GO

-- case: smalldatetime is rounded to the minute
-- page: sql/t-sql/data-types/smalldatetime-transact-sql
SELECT CAST('2007-05-08 12:35:29.998' AS smalldatetime) AS down, CAST('2007-05-08 12:35:29.999' AS smalldatetime) AS up;
GO

-- case: datetime2 text is rounded to its scale
-- page: sql/t-sql/data-types/datetime2-transact-sql
SELECT CAST(CAST('2007-05-08 12:35:29.1239' AS datetime2(3)) AS varchar(30)) AS d, CAST(CAST('12:35:29.1239' AS time(3)) AS varchar(20)) AS t;
GO

-- case: datetimeoffset to other types
-- page: sql/t-sql/data-types/datetimeoffset-transact-sql
DECLARE @o datetimeoffset(4) = '12-10-25 12:32:10.1237 +01:00';
DECLARE @d date = @o, @t time(3) = @o;
SELECT @o AS o, @d AS d, @t AS t;
GO

-- case: datetimeoffset compares in utc
-- page: sql/t-sql/data-types/datetimeoffset-transact-sql
SELECT CASE WHEN CAST('2020-01-01 12:00 +02:00' AS datetimeoffset) = CAST('2020-01-01 10:00 +00:00' AS datetimeoffset) THEN 'same' ELSE 'other' END AS c;
GO

-- case: datetimeoffset from text with Z is utc
-- page: sql/t-sql/data-types/datetimeoffset-transact-sql
SELECT CAST('1999-12-12T19:30:30.12345Z' AS datetimeoffset(5)) AS o;
GO

-- case: switchoffset keeps the instant
-- page: sql/t-sql/functions/switchoffset-transact-sql
SELECT SWITCHOFFSET(CAST('1998-09-20 7:45:50.71345 -5:00' AS datetimeoffset), '-08:00') AS o;
GO

-- case: todatetimeoffset keeps the clock
-- page: sql/t-sql/functions/todatetimeoffset-transact-sql
SELECT TODATETIMEOFFSET(CAST('2012-05-04 10:00:00' AS datetime2(0)), '-07:00') AS o, TODATETIMEOFFSET(CAST('2012-05-04 10:00:00' AS datetime2(0)), 90) AS minutes;
GO

-- case: at time zone
-- page: sql/t-sql/queries/at-time-zone-transact-sql
SELECT CAST('2022-07-01 12:00:00' AS datetime2(0)) AT TIME ZONE 'UTC' AS utc, CAST('2022-03-27T01:01:00' AS datetime2(0)) AT TIME ZONE 'Central European Standard Time' AS winter, CAST('2022-03-27T03:01:00' AS datetime2(0)) AT TIME ZONE 'Central European Standard Time' AS summer;
GO

-- case: datetrunc
-- page: sql/t-sql/functions/datetrunc-transact-sql
DECLARE @d datetime2 = '2021-12-08 11:30:15.1234567';
SELECT CAST(DATETRUNC(year, @d) AS varchar(30)) AS y, CAST(DATETRUNC(month, @d) AS varchar(30)) AS m, CAST(DATETRUNC(hour, @d) AS varchar(30)) AS h, CAST(DATETRUNC(millisecond, @d) AS varchar(30)) AS ms;
GO

-- case: the types of the clocks
-- page: sql/t-sql/functions/sysutcdatetime-transact-sql
SELECT CAST(SQL_VARIANT_PROPERTY(SYSUTCDATETIME(), 'BaseType') AS varchar(20)) AS a, CAST(SQL_VARIANT_PROPERTY(SYSUTCDATETIME(), 'Scale') AS int) AS scale, CAST(SQL_VARIANT_PROPERTY(GETUTCDATE(), 'BaseType') AS varchar(20)) AS b, CAST(SQL_VARIANT_PROPERTY(SYSDATETIMEOFFSET(), 'BaseType') AS varchar(20)) AS c, CAST(SQL_VARIANT_PROPERTY(CURRENT_TIMESTAMP, 'BaseType') AS varchar(20)) AS d;
GO

-- case: a clock gives one value for all rows of a statement
-- page: sql/t-sql/functions/getutcdate-transact-sql
SELECT COUNT(DISTINCT now) AS moments FROM (SELECT GETUTCDATE() AS now FROM (VALUES (1), (2), (3)) AS t (n)) AS q;
GO

-- case: datetime plus a number adds days
-- page: sql/t-sql/language-elements/add-transact-sql
SELECT CAST('2006-01-01 06:00' AS datetime) + 1.25 AS d, CAST('2006-01-01' AS datetime) - 1 AS before;
GO

-- case: date plus a number is error 206
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
SELECT CAST('2006-01-01' AS date) + 1 AS d;
GO

-- case: dateformat decides how numbers are read
-- page: sql/t-sql/statements/set-dateformat-transact-sql
SET DATEFORMAT dmy;
SELECT CAST('01/02/2008' AS datetime) AS dmy;
GO
SET DATEFORMAT mdy;
SELECT CAST('01/02/2008' AS datetime) AS mdy;
GO

-- case: months by name
-- page: sql/t-sql/data-types/date-transact-sql
SELECT CAST('April 15, 1996' AS date) AS a, CAST('15 Apr 1996' AS date) AS b, CAST('1996 April 15' AS date) AS c, CAST('19960415' AS date) AS d;
GO

-- case: times in many forms
-- page: sql/t-sql/data-types/time-transact-sql
SELECT CAST('4am' AS time(0)) AS a, CAST('4 PM' AS time(0)) AS b, CAST('14:30' AS time(0)) AS c, CAST('14:30:20:999' AS time(3)) AS d, CAST('2007-05-08 12:35:29. 1234567 +12:15' AS time(0)) AS e;
GO

-- case: the limits of the types
-- page: sql/t-sql/data-types/date-transact-sql
SELECT CAST('0001-01-01' AS date) AS first, CAST('9999-12-31' AS date) AS last, CAST('9999-12-31 23:59:59.999999' AS datetime2(6)) AS moment, CAST('1753-01-01' AS datetime) AS oldest;
GO

-- case: date_bucket counts from 1900 or from an origin
-- page: sql/t-sql/functions/date-bucket-transact-sql
DECLARE @date datetime2 = '2020-04-15 21:22:11', @origin datetime2 = '2019-01-01 00:00:00';
SELECT DATE_BUCKET(WEEK, 1, @date) AS one, DATE_BUCKET(WEEK, 6, @date) AS six, DATE_BUCKET(WEEK, 5, @date) AS five, DATE_BUCKET(WEEK, 5, CAST('2020-06-15 21:22:11' AS datetime2), @origin) AS origin;
GO

-- case: date_bucket of days over a leap year
-- page: sql/t-sql/functions/date-bucket-transact-sql
DECLARE @days int = 365, @datetime datetime2 = '2000-01-01 01:01:01.1110000';
SELECT DATE_BUCKET(DAY, @days, @datetime) AS d;
GO

-- case: date_bucket of a negative width is error 9834
-- page: sql/t-sql/functions/date-bucket-transact-sql
SELECT DATE_BUCKET(DAY, -1, SYSUTCDATETIME()) AS d;
GO

-- case: at time zone moves a time of the gap and takes the first of an overlap
-- page: sql/t-sql/queries/at-time-zone-transact-sql
SELECT CAST('2022-03-27T02:01:00' AS datetime2(0)) AT TIME ZONE 'Central European Standard Time' AS gap, CAST('2022-10-30T02:01:00' AS datetime2(0)) AT TIME ZONE 'Central European Standard Time' AS overlap, CAST('2022-10-30T03:01:00' AS datetime2(0)) AT TIME ZONE 'Central European Standard Time' AS after;
GO

-- case: at time zone twice converts between zones
-- page: sql/t-sql/queries/at-time-zone-transact-sql
SELECT CAST('2022-07-01T12:00:00' AS datetime2(0)) AT TIME ZONE 'Pacific Standard Time' AT TIME ZONE 'Central European Standard Time' AS d;
GO

-- case: at time zone of an unknown zone is error 9820
-- page: sql/relational-databases/errors-events/database-engine-events-and-errors-9000-to-9999
SELECT SYSUTCDATETIME() AT TIME ZONE 'Middle of Nowhere' AS d;
GO

-- case: time_zone_info lists the zones
-- page: sql/relational-databases/system-catalog-views/sys-time-zone-info-transact-sql
SELECT name, current_utc_offset, is_currently_dst FROM sys.time_zone_info WHERE name IN ('UTC', 'India Standard Time') ORDER BY name;
GO

-- case: datepart of a literal has what it does not write
-- page: sql/t-sql/functions/datepart-transact-sql
SELECT DATEPART(year, '12:10:30.123') AS y, DATEPART(month, '12:10:30.123') AS m, DATEPART(day, '12:10:30.123') AS d, DATEPART(dayofyear, '12:10:30.123') AS dy, DATEPART(weekday, '12:10:30.123') AS dw;
GO

-- case: datepart of a number counts days
-- page: sql/t-sql/functions/datepart-transact-sql
SELECT DATEPART(year, 0) AS y, DATEPART(month, 0) AS m, DATEPART(day, 0) AS d;
GO

-- case: datetrunc of a week begins with datefirst
-- page: sql/t-sql/functions/datetrunc-transact-sql
DECLARE @d date = '2021-11-11';
SELECT DATETRUNC(week, @d) AS sunday;
SET DATEFIRST 6;
SELECT DATETRUNC(week, @d) AS saturday;
SET DATEFIRST 3;
SELECT DATETRUNC(week, @d) AS wednesday;
GO

-- case: datetrunc needs a part that the type has
-- page: sql/t-sql/functions/datetrunc-transact-sql
DECLARE @t time = '12:12:12.1234567';
SELECT DATETRUNC(year, @t) AS d;
GO
DECLARE @d datetime2(3) = '2021-12-12 12:12:12.12345';
SELECT DATETRUNC(microsecond, @d) AS d;
GO

-- case: datetrunc of a week before the first is error 9837
-- page: sql/t-sql/functions/datetrunc-transact-sql
DECLARE @d date = '0001-01-01';
SELECT DATETRUNC(week, @d) AS d;
GO
