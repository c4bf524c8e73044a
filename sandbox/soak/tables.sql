-- Four tables, each for another way to lose or double a change.

-- Two columns are the key, and both may change; four partitions.
CREATE TABLE public.order_lines (
    order_id int NOT NULL,
    line bigint NOT NULL,
    note varchar(80) NOT NULL,
    amount numeric(12, 2),
    write bigint NOT NULL,
    PRIMARY KEY (order_id, line)
);

-- A second unique value wanders from row to row: changes of different keys must stay in order.
CREATE TABLE public.accounts (
    id bigint PRIMARY KEY,
    email varchar(80) NOT NULL UNIQUE,
    opened timestamptz NOT NULL DEFAULT now(),
    write bigint NOT NULL
);

-- No key: nothing tells a replay from a change, and rows may be equal.
CREATE TABLE public.events (
    client int NOT NULL,
    number bigint NOT NULL,
    note varchar(80) NOT NULL,
    write bigint NOT NULL
);
ALTER TABLE public.events REPLICA IDENTITY FULL;
CREATE INDEX events_of_client ON public.events (client, number);

-- Hot: one row a client, in every write of it. It counts the writes that were committed. The body is
-- kept out of line, so that the log does not carry it while it is unchanged.
CREATE TABLE public.counters (
    client int PRIMARY KEY,
    writes bigint NOT NULL,
    body text NOT NULL
);
ALTER TABLE public.counters ALTER COLUMN body SET STORAGE EXTERNAL;
