-- Keys that HOLDLOCK holds (tsql/held_keys.py): every writer shares the lock of its key's bucket.

-- A condition of a trigger, never true: it waits for whoever holds the key.
CREATE FUNCTION store.held(relation int, bucket int) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT pg_advisory_xact_lock_shared(relation, bucket) IS NULL
$$;

CREATE FUNCTION store.never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RETURN NEW;
END $$;
