-- JSON. ISJSON without a kind accepts objects and arrays only.
CREATE FUNCTION sys.isjson(sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  'SELECT ($1::text IS JSON OBJECT OR $1::text IS JSON ARRAY)::int4';
CREATE FUNCTION sys.isjson(sys.nvarchar, text) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE lower($2) WHEN 'value' THEN $1::text IS JSON WHEN 'object' THEN $1::text IS JSON OBJECT WHEN 'array' THEN $1::text IS JSON ARRAY
              WHEN 'scalar' THEN $1::text IS JSON SCALAR END::int4 $$;
-- A path taken apart: a step is `.name` or `[number`. Mode and the word append stand before the `$`.
CREATE FUNCTION store.json_path(path text, OUT is_strict boolean, OUT is_append boolean, OUT steps text[]) LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE parts text[]; rest text COLLATE "C"; step text[];
BEGIN
  parts := regexp_match(path COLLATE "C", '^\s*(append\s+)?(?:(lax|strict)\s+)?\$(.*)$');
  rest := parts[3];
  steps := '{}';
  WHILE rest <> '' LOOP
    step := regexp_match(rest, '^(?:\.((?:[A-Za-z_$]|[^\u0001-\u007f])(?:[A-Za-z0-9_$]|[^\u0001-\u007f])*)|\.("(?:[^"\\]|\\.)*")|\[\s*(\d+)\s*\])(.*)$');
    EXIT WHEN step IS NULL;
    steps := steps || coalesce('.' || step[1], '.' || (step[2]::json #>> '{}'), '[' || step[3]);
    rest := step[4];
  END LOOP;
  IF rest IS DISTINCT FROM '' THEN
    PERFORM store.fail(13607, format('JSON path is not properly formatted. Path is ''%s''.', path));
  END IF;
  is_strict := parts[2] IS NOT DISTINCT FROM 'strict';
  is_append := parts[1] IS NOT NULL;
END $$;
CREATE FUNCTION store.no_property() RETURNS text LANGUAGE sql AS $$ SELECT store.fail(13608, 'Property cannot be found on the specified JSON path.') $$;
CREATE FUNCTION store.json_document(value text) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF NOT value IS JSON THEN
    PERFORM store.fail(13609, 'JSON text is not properly formatted.');
  END IF;
  RETURN value::json;
END $$;
-- What lies at the path, as it was written; NULL, or error 13608 in strict mode, where nothing does.
CREATE FUNCTION store.json_find(value text, path text) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE way record := store.json_path(path); at json := store.json_document(value); step text;
BEGIN
  FOREACH step IN ARRAY way.steps LOOP
    at := CASE WHEN step LIKE '.%' AND json_typeof(at) = 'object' THEN at -> substr(step, 2) WHEN step LIKE '[%' AND json_typeof(at) = 'array' THEN at -> substr(step, 2)::int4 END;
    EXIT WHEN at IS NULL;
  END LOOP;
  IF at IS NULL AND way.is_strict THEN
    PERFORM store.no_property();
  END IF;
  RETURN at;
END $$;
CREATE FUNCTION store.json_strict(path text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 COLLATE "C" ~ '^\s*strict\s' $$;
CREATE FUNCTION sys.json_value(value sys.nvarchar, path sys.nvarchar) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE found json := store.json_find(value::text, path::text); shown text := found #>> '{}';
BEGIN
  IF json_typeof(found) IN ('object', 'array') THEN
    IF store.json_strict(path::text) THEN
      PERFORM store.fail(13623, 'Scalar value cannot be found in the specified JSON path.');
    END IF;
    RETURN NULL;
  ELSIF length(shown) > 4000 THEN
    IF store.json_strict(path::text) THEN
      PERFORM store.fail(13625, 'String value in the specified JSON path would be truncated.');
    END IF;
    RETURN NULL;
  END IF;
  RETURN shown::sys.nvarchar;
END $$;
CREATE FUNCTION sys.json_query(value sys.nvarchar, path sys.nvarchar) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE found json := store.json_find(value::text, path::text);
BEGIN
  IF json_typeof(found) IN ('object', 'array') THEN
    RETURN btrim(found::text, E' \t\r\n')::sys.nvarchar;
  ELSIF store.json_strict(path::text) THEN
    PERFORM store.fail(13624, 'Object or array cannot be found in the specified JSON path.');
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION sys.json_query(sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sys.json_query($1, '$'::text::sys.nvarchar) $$;
CREATE FUNCTION sys.json_path_exists(sys.nvarchar, sys.nvarchar) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN $1::text IS JSON THEN (store.json_find($1::text, replace($2::text, 'strict ', '')) IS NOT NULL)::int4 ELSE 0 END $$;
CREATE FUNCTION sys.openjson(document text, path text) RETURNS TABLE (key text, value text, type int4) LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE found json := store.json_find(document, path);
BEGIN
  IF json_typeof(found) IN ('object', 'array') THEN
    RETURN QUERY SELECT * FROM sys.openjson(found::text);
  ELSIF store.json_strict(path) THEN
    PERFORM store.fail(13624, 'Object or array cannot be found in the specified JSON path.');
  END IF;
END $$;
-- The document, if there is something at the strict path.
CREATE FUNCTION sys.json_strictly(document text, path text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN store.json_find($1, $2) IS NOT NULL THEN $1 END $$;
-- A value that a strict path of OPENJSON's WITH clause names has to be there.
DO $$
DECLARE type text;
BEGIN
  FOREACH type IN ARRAY ARRAY['json', 'jsonb'] LOOP
    EXECUTE format('CREATE FUNCTION sys.json_there(value %1$s) RETURNS %1$s LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS %2$L', type,
                   'BEGIN IF value IS NULL THEN PERFORM store.no_property(); END IF; RETURN value; END');
  END LOOP;
END $$;

-- JSON_MODIFY changes the text itself, so that the rest stays as it was written. Tokens are strings, signs, words and blanks.
CREATE FUNCTION store.json_tokens(value text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT array_agg(t[1] ORDER BY n) FROM regexp_matches($1 COLLATE "C", '"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\s+', 'g') WITH ORDINALITY AS m (t, n) $$;
CREATE FUNCTION store.json_skip(tokens text[], at int4) RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  WHILE tokens[at] COLLATE "C" ~ '^\s' LOOP
    at := at + 1;
  END LOOP;
  RETURN at;
END $$;
CREATE FUNCTION store.json_end(tokens text[], first int4) RETURNS int4 LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE depth int4 := 0;
BEGIN
  FOR at IN first..cardinality(tokens) LOOP
    depth := depth + CASE WHEN tokens[at] IN ('{', '[') THEN 1 WHEN tokens[at] IN ('}', ']') THEN -1 ELSE 0 END;
    IF depth = 0 THEN
      RETURN at;
    END IF;
  END LOOP;
  RETURN cardinality(tokens);
END $$;
-- The member of the container at `at` that the step names: where it begins (its key, if it has one), its value's first token and its last; NULL where there is none.
CREATE FUNCTION store.json_member(tokens text[], container int4, step text) RETURNS int4[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE keyed boolean := tokens[container] = '{'; at int4 := store.json_skip(tokens, container + 1); place int4 := 0; first int4; last int4; named boolean;
BEGIN
  IF tokens[container] <> (CASE WHEN step LIKE '.%' THEN '{' ELSE '[' END) THEN
    RETURN NULL;
  END IF;
  WHILE tokens[at] NOT IN ('}', ']') LOOP
    first := at;
    named := NOT keyed AND place::text = substr(step, 2);
    IF keyed THEN
      named := (tokens[at]::json #>> '{}') = substr(step, 2);
      first := store.json_skip(tokens, store.json_skip(tokens, at + 1) + 1);
    END IF;
    last := store.json_end(tokens, first);
    IF named THEN
      RETURN ARRAY[at, first, last];
    END IF;
    at := store.json_skip(tokens, last + 1);
    IF tokens[at] = ',' THEN
      at := store.json_skip(tokens, at + 1);
    END IF;
    place := place + 1;
  END LOOP;
  RETURN NULL;
END $$;
-- `fresh` in place of the tokens from `first` to `last`; put in front of `first` where `last` is before it.
CREATE FUNCTION store.json_spliced(tokens text[], first int4, last int4, fresh text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT array_to_string($1[:$2 - 1], '') || $4 || array_to_string($1[$3 + 1:], '') $$;
-- A new last member of the container.
CREATE FUNCTION store.json_added(tokens text[], container int4, member text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE place int4 := store.json_end(tokens, container);
BEGIN
  WHILE tokens[place - 1] COLLATE "C" ~ '^\s' LOOP
    place := place - 1;
  END LOOP;
  RETURN store.json_spliced(tokens, place, place - 1, CASE WHEN place - 1 = container THEN '' ELSE ',' END || member);
END $$;
CREATE FUNCTION store.json_without(tokens text[], first int4, last int4) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE after int4 := store.json_skip(tokens, last + 1);
BEGIN
  IF tokens[after] = ',' THEN
    RETURN store.json_spliced(tokens, first, store.json_skip(tokens, after + 1) - 1, '');
  END IF;
  WHILE tokens[first - 1] COLLATE "C" ~ '^[\s,]' LOOP
    first := first - 1;
  END LOOP;
  RETURN store.json_spliced(tokens, first, last, '');
END $$;
CREATE FUNCTION sys.json_modify(value text, path text, fresh text) RETURNS sys.nvarchar LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE way record := store.json_path(path); tokens text[] := store.json_tokens(store.json_document(value)::text);
        steps int4 := cardinality(way.steps); found int4[] := ARRAY[0, store.json_skip(tokens, 1), store.json_end(tokens, store.json_skip(tokens, 1))]; parent int4[]; at int4 := 0;
BEGIN
  IF value IS NULL OR path IS NULL THEN
    RETURN NULL;
  END IF;
  WHILE at < steps AND found IS NOT NULL LOOP
    at := at + 1;
    parent := found;
    found := store.json_member(tokens, parent[2], way.steps[at]);
  END LOOP;
  IF found IS NULL AND way.is_strict THEN
    PERFORM store.no_property();
  ELSIF found IS NULL AND (at < steps OR fresh IS NULL OR way.steps[steps] NOT LIKE '.%' OR tokens[parent[2]] <> '{') THEN
    RETURN value;
  ELSIF found IS NULL THEN
    RETURN store.json_added(tokens, parent[2], sys.json_text(substr(way.steps[steps], 2)) || ':' || CASE WHEN way.is_append THEN '[' || fresh || ']' ELSE fresh END);
  ELSIF way.is_append THEN
    IF tokens[found[2]] <> '[' THEN
      IF way.is_strict THEN
        PERFORM store.fail(13621, 'Array cannot be found in the specified JSON path.');
      END IF;
      RETURN value;
    END IF;
    RETURN store.json_added(tokens, found[2], coalesce(fresh, 'null'));
  ELSIF fresh IS NULL AND NOT way.is_strict AND found[1] <> found[2] AND steps > 0 THEN
    RETURN store.json_without(tokens, found[1], found[3]);
  END IF;
  RETURN store.json_spliced(tokens, found[2], found[3], coalesce(fresh, 'null'));
END $$;
-- JSON_OBJECT and JSON_ARRAY: members written already, those that are NULL left out.
CREATE FUNCTION sys.json_joined(opening text, members text[], ending text) RETURNS sys.nvarchar LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT (opening || array_to_string(members, ',') || ending)::sys.nvarchar $$;

