"""The catalog's queries: text only, one for each kind of object."""

from __future__ import annotations

from typing import Final

USER_SCHEMAS: Final = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
)
_NOT_OF_EXTENSION: Final = """NOT EXISTS (
    SELECT FROM pg_depend x WHERE x.classid = '{catalog}'::regclass AND x.objid = {oid}
                              AND x.deptype = 'e')"""


def _own(catalog: str, oid: str) -> str:
    return _NOT_OF_EXTENSION.format(catalog=catalog, oid=oid)


TABLES: Final = f"""/* replicator:tables */
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind, c.relreplident, c.relpersistence,
       obj_description(c.oid, 'pg_class'),
       (SELECT sum(p.reltuples) FROM pg_class p
        WHERE p.reltuples >= 0 AND p.relkind = 'r'
          AND p.oid IN (SELECT relid FROM pg_partition_tree(c.oid) UNION SELECT c.oid))::bigint,
       (SELECT sum(pg_table_size(p.oid)) FROM pg_class p
        WHERE p.relkind = 'r'
          AND p.oid IN (SELECT relid FROM pg_partition_tree(c.oid) UNION SELECT c.oid))::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {USER_SCHEMAS} AND {_own("pg_class", "c.oid")}
  AND c.relpersistence <> 't'
  AND CASE %s WHEN 'root' THEN c.relkind IN ('r', 'p') AND NOT c.relispartition
              ELSE c.relkind = 'r' END
ORDER BY n.nspname, c.relname"""

COLUMNS: Final = """/* replicator:columns */
SELECT a.attrelid::bigint, a.attname, a.atttypid::bigint, a.atttypmod, a.attnotnull,
       format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attidentity,
       a.attgenerated, CASE WHEN a.attcollation <> t.typcollation THEN co.collname END,
       col_description(a.attrelid, a.attnum), s.nspname, s.relname, s.seqstart, s.seqincrement,
       a.atthasmissing
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation
LEFT JOIN LATERAL (
    SELECT n.nspname, c.relname, q.seqstart, q.seqincrement
    FROM pg_depend p JOIN pg_class c ON c.oid = p.objid AND c.relkind = 'S'
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence q ON q.seqrelid = c.oid
    WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass
      AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
      AND (p.deptype = 'i' OR p.deptype = 'a' AND EXISTS (
               SELECT FROM pg_depend u WHERE u.classid = 'pg_attrdef'::regclass
                AND u.objid = d.oid AND u.refobjid = c.oid))
    ORDER BY p.deptype DESC LIMIT 1) s ON true
WHERE a.attrelid = ANY (%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum"""

CONSTRAINTS: Final = """/* replicator:constraints */
SELECT c.conrelid::bigint, c.contype, c.conname, c.condeferrable,
       ARRAY(SELECT a.attname FROM unnest(c.conkey) WITH ORDINALITY k (n, i)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.i),
       rn.nspname, r.relname,
       ARRAY(SELECT a.attname FROM unnest(c.confkey) WITH ORDINALITY k (n, i)
             JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.i),
       c.confdeltype, c.confupdtype, pg_get_expr(c.conbin, c.conrelid), c.conindid::bigint
FROM pg_constraint c
LEFT JOIN pg_class r ON r.oid = c.confrelid
LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.conrelid = ANY (%s) AND c.contype IN ('p', 'u', 'f', 'c')
ORDER BY c.conrelid, c.conname"""

INDEXES: Final = """/* replicator:indexes */
SELECT i.indrelid::bigint, i.indexrelid::bigint, c.relname, i.indisunique, i.indisreplident,
       m.amname, pg_get_indexdef(i.indexrelid), pg_get_expr(i.indpred, i.indrelid),
       EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid
                AND k.contype IN ('p', 'u', 'x')),
       ARRAY(SELECT a.attname FROM generate_series(1, i.indnkeyatts) p
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND i.indkey[p - 1] <> 0
                                     AND a.attnum = i.indkey[p - 1] ORDER BY p),
       ARRAY(SELECT CASE WHEN i.indkey[p - 1] = 0
                         THEN pg_get_indexdef(i.indexrelid, p, true) END
             FROM generate_series(1, i.indnkeyatts) p ORDER BY p),
       ARRAY(SELECT i.indoption[p - 1] & 1 = 1 FROM generate_series(1, i.indnkeyatts) p
             ORDER BY p),
       ARRAY(SELECT a.attname FROM generate_series(i.indnkeyatts + 1, i.indnatts) p
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p - 1]
             ORDER BY p),
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = ANY (%s) AND i.indisvalid
ORDER BY i.indrelid, c.relname"""

SEQUENCES: Final = f"""/* replicator:sequences */
SELECT n.nspname, c.relname, t.typname, q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
       q.seqcycle, has_sequence_privilege(c.oid, 'SELECT'),
       CASE WHEN has_sequence_privilege(c.oid, 'SELECT') THEN pg_sequence_last_value(c.oid) END,
       tn.nspname, tc.relname, a.attname
FROM pg_sequence q
JOIN pg_class c ON c.oid = q.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = q.seqtypid
LEFT JOIN pg_depend p ON p.classid = 'pg_class'::regclass AND p.objid = c.oid
                     AND p.refclassid = 'pg_class'::regclass AND p.deptype IN ('a', 'i')
LEFT JOIN pg_class tc ON tc.oid = p.refobjid
LEFT JOIN pg_namespace tn ON tn.oid = tc.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
WHERE {USER_SCHEMAS} AND {_own("pg_class", "c.oid")} AND c.relpersistence <> 't'
ORDER BY n.nspname, c.relname"""

VIEWS: Final = f"""/* replicator:views */
SELECT n.nspname, c.relname, pg_get_viewdef(c.oid), c.relkind = 'm'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {USER_SCHEMAS} AND {_own("pg_class", "c.oid")} AND c.relkind IN ('v', 'm')
ORDER BY n.nspname, c.relname"""

OTHERS: Final = f"""/* replicator:others */
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       format('%s.%s(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {USER_SCHEMAS} AND {_own("pg_proc", "p.oid")}
UNION ALL
SELECT 'trigger', format('%s.%s.%s', n.nspname, c.relname, t.tgname)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND {USER_SCHEMAS}
UNION ALL
SELECT 'rule', format('%s.%s.%s', n.nspname, c.relname, r.rulename)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND {USER_SCHEMAS}
UNION ALL
SELECT 'policy', format('%s.%s.%s', n.nspname, c.relname, l.polname)
FROM pg_policy l JOIN pg_class c ON c.oid = l.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {USER_SCHEMAS}
UNION ALL
SELECT 'exclusion constraint', format('%s.%s.%s', n.nspname, c.relname, k.conname)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.contype = 'x' AND {USER_SCHEMAS}
UNION ALL
SELECT 'foreign table', format('%s.%s', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'f' AND {USER_SCHEMAS}
UNION ALL
SELECT 'extension', e.extname FROM pg_extension e WHERE e.extname <> 'plpgsql'
UNION ALL
SELECT 'event trigger', t.evtname FROM pg_event_trigger t
ORDER BY 1, 2"""
