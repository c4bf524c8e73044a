-- What T-SQL can do in a window and PostgreSQL cannot: values that are not NULL, percentiles of a sorted array.

CREATE FUNCTION sys.earlier(anyelement, anyelement) RETURNS anyelement
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1';

CREATE FUNCTION sys.later(anyelement, anyelement) RETURNS anyelement
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $2';

CREATE AGGREGATE sys.first_known(anyelement) (SFUNC = sys.earlier, STYPE = anyelement);
CREATE AGGREGATE sys.last_known(anyelement) (SFUNC = sys.later, STYPE = anyelement);

CREATE FUNCTION sys.percentile_cont("values" float8[], share float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN share BETWEEN 0 AND 1 THEN "values"[floor(place)::int] + (place - floor(place)) * ("values"[ceil(place)::int] - "values"[floor(place)::int]) END
FROM (SELECT 1 + share * (cardinality("values") - 1) AS place) AS p
$$;

CREATE FUNCTION sys.percentile_disc("values" anyarray, share float8) RETURNS anyelement
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN share BETWEEN 0 AND 1 THEN "values"[greatest(ceil(share * cardinality("values")), 1)::int] END
$$;

-- How many rows FETCH and TOP … PERCENT may ask for.
CREATE FUNCTION sys.fetched(rows int8) RETURNS int8 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF rows = 0 THEN
    PERFORM store.fail(10744, 'The number of rows provided for a FETCH clause must be greater then zero.');
  END IF;
  RETURN rows;
END $$;

CREATE FUNCTION sys.percent(share float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF share NOT BETWEEN 0 AND 100 THEN
    PERFORM store.fail(1031, 'Percent values must be between 0 and 100.');
  END IF;
  RETURN share;
END $$;
