-- FORMATMESSAGE, with RAISERROR's own printf: %s %d %i %u %o %x %X %%, with flags, width and precision, each of which may be *.

CREATE FUNCTION store.format_number(letter text, flags text, digits int4, given text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE number numeric := given::numeric; shown text; sign text := '';
BEGIN
  IF letter IN ('d', 'i') THEN
    sign := CASE WHEN number < 0 THEN '-' WHEN strpos(flags, '+') > 0 THEN '+' WHEN strpos(flags, ' ') > 0 THEN ' ' ELSE '' END;
    shown := abs(number)::text;
  ELSE
    number := CASE WHEN number < 0 THEN number + 4294967296 ELSE number END;
    shown := CASE letter WHEN 'u' THEN number::text WHEN 'o' THEN to_oct(number::int8) ELSE to_hex(number::int8) END;
    shown := CASE WHEN letter = 'X' THEN upper(shown) ELSE shown END;
    sign := CASE WHEN strpos(flags, '#') = 0 OR number = 0 THEN '' WHEN letter = 'o' THEN '0' WHEN letter IN ('x', 'X') THEN '0' || letter ELSE '' END;
  END IF;
  RETURN sign || lpad(shown, greatest(length(shown), digits), '0');
END $$;

CREATE FUNCTION sys.formatmessage(message text, given text[]) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE piece text[]; found text := ''; taken int4 := 0; flags text; width int4; digits int4; shown text; value text;
BEGIN
  IF message IS NULL THEN
    RETURN NULL;
  END IF;
  FOR piece IN SELECT regexp_matches(message, '([^%]*)(?:%([-+0 #]*)(\*|[0-9]*)(?:\.(\*|[0-9]*))?([hlI0-9]*)(.?))?', 'g') LOOP
    found := found || piece[1];
    CONTINUE WHEN piece[6] IS NULL;
    IF piece[6] = '%' THEN
      found := found || '%';
      CONTINUE;
    END IF;
    flags := piece[2];
    IF piece[3] = '*' THEN
      taken := taken + 1;
      width := coalesce(given[taken]::int4, 0);
    ELSE
      width := coalesce(nullif(piece[3], '')::int4, 0);
    END IF;
    IF piece[4] = '*' THEN
      taken := taken + 1;
      digits := given[taken]::int4;
    ELSE
      digits := nullif(piece[4], '')::int4;
    END IF;
    taken := taken + 1;
    value := given[taken];
    shown := CASE WHEN value IS NULL THEN '(null)' WHEN piece[6] = 's' THEN coalesce(left(value, digits), value)
                  WHEN value ~ '^-?[0-9]+$' AND piece[6] IN ('d', 'i', 'u', 'o', 'x', 'X') THEN store.format_number(piece[6], flags, digits, value) END;
    IF shown IS NULL THEN
      PERFORM store.fail(2786, format('The data type of substitution parameter %s does not match the expected type of the format specification.', taken));
    END IF;
    found := found || CASE WHEN length(shown) >= width THEN shown WHEN strpos(flags, '-') > 0 THEN rpad(shown, width)
                           WHEN strpos(flags, '0') > 0 AND piece[6] <> 's' AND digits IS NULL
                             THEN regexp_replace(shown, '^([-+ ]?(?:0[xX])?)(.*)$', '\1') || lpad(regexp_replace(shown, '^[-+ ]?(?:0[xX])?', ''), width - length(shown) + length(regexp_replace(shown, '^[-+ ]?(?:0[xX])?', '')), '0')
                           ELSE lpad(shown, width) END;
  END LOOP;
  RETURN found;
END $$;

-- The round of a recursive query that comes after $1 (tsql/recursion.py); 0 is no limit.
CREATE FUNCTION store.round(before int4, most int4) RETURNS int4 LANGUAGE plpgsql AS $$
BEGIN
  IF most > 0 AND before >= most THEN
    PERFORM store.fail(530, format('The statement terminated. The maximum recursion %s has been exhausted before statement completion.', most));
  END IF;
  RETURN before + 1;
END $$;

-- Cursors come as JSON, by scope and name: only the session knows them.
CREATE FUNCTION sys.cursor_status(listed text, scope text, name text) RETURNS int2 LANGUAGE sql IMMUTABLE STRICT AS
  $$ SELECT coalesce(($1::jsonb -> lower($2) ->> lower($3))::int2, (-3)::int2) $$;
