-- COLUMNPROPERTY, OBJECTPROPERTY, DATABASEPROPERTYEX: NULL for a property that does not exist.

CREATE FUNCTION sys.columnproperty(relation int4, field sys.nvarchar, property sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE lower($3::text) WHEN 'columnid' THEN c.column_id WHEN 'allowsnull' THEN c.nullable::int4 WHEN 'isidentity' THEN c.identity::int4 WHEN 'iscomputed' THEN (c.extra ? 'computed')::int4
              WHEN 'precision' THEN CASE WHEN c.wide AND c.bytes > 0 THEN c.bytes / 2 WHEN c.sized THEN c.bytes ELSE c.precision END
              WHEN 'scale' THEN CASE WHEN c.radix = 10 OR c.temporal THEN c.scale END
              WHEN 'charmaxlen' THEN CASE WHEN c.wide AND c.bytes > 0 THEN c.bytes / 2 WHEN c.sized THEN c.bytes END
              WHEN 'usesansitrim' THEN CASE WHEN c.sized THEN 1 END WHEN 'generatedalwaystype' THEN 0 WHEN 'isindexable' THEN (NOT (c.sized AND c.bytes < 0))::int4
              WHEN 'isdeterministic' THEN CASE WHEN c.extra ? 'computed' THEN 1 END WHEN 'isprecise' THEN CASE WHEN c.extra ? 'computed' THEN 1 END WHEN 'issystemverified' THEN CASE WHEN c.extra ? 'computed' THEN 1 END
              WHEN 'systemdataaccess' THEN CASE WHEN c.extra ? 'computed' THEN 0 END WHEN 'userdataaccess' THEN CASE WHEN c.extra ? 'computed' THEN 0 END
              WHEN 'isidnotforrepl' THEN 0 WHEN 'isrowguidcol' THEN 0 WHEN 'issparse' THEN 0 WHEN 'iscolumnset' THEN 0 WHEN 'ishidden' THEN 0 WHEN 'isfulltextindexed' THEN 0 WHEN 'fulltexttypecolumn' THEN 0
              WHEN 'iscursortype' THEN 0 WHEN 'isoutparam' THEN 0 WHEN 'isxmlindexable' THEN 0 WHEN 'statisticalsemantics' THEN 0 END
  FROM store.shaped_columns c WHERE c.object_id = $1 AND lower(c.name) = lower($2::text) COLLATE "C"
  UNION ALL SELECT CASE lower($3::text) WHEN 'columnid' THEN p.parameter_id WHEN 'isoutparam' THEN p.is_output::int4 WHEN 'allowsnull' THEN 1 END
  FROM store.parameters p WHERE p.object_id = $1 AND lower(p.name) = lower($2::text) COLLATE "C" $$;

CREATE FUNCTION sys.objectproperty(id int4, property sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE lower($2::text) WHEN 'istable' THEN o.type = 'U' WHEN 'isusertable' THEN o.type = 'U' WHEN 'issystemtable' THEN false WHEN 'isview' THEN o.type = 'V' WHEN 'isprocedure' THEN o.type = 'P'
              WHEN 'istrigger' THEN o.type = 'TR' WHEN 'isscalarfunction' THEN o.type = 'FN' WHEN 'isinlinefunction' THEN o.type = 'IF' WHEN 'istablefunction' THEN o.type IN ('IF', 'TF') WHEN 'isqueue' THEN false
              WHEN 'isprimarykey' THEN o.type = 'PK' WHEN 'isuniquecnst' THEN o.type = 'UQ' WHEN 'isforeignkey' THEN o.type = 'F' WHEN 'ischeckcnst' THEN o.type = 'C' WHEN 'isdefaultcnst' THEN o.type = 'D'
              WHEN 'isdefault' THEN o.type = 'D' WHEN 'isconstraint' THEN o.type IN ('PK', 'UQ', 'F', 'C', 'D') WHEN 'ismsshipped' THEN o.shipped WHEN 'isexecuted' THEN o.type IN ('V', 'P', 'FN', 'IF', 'TF', 'TR')
              WHEN 'isschemabound' THEN CASE WHEN o.type IN ('V', 'P', 'FN', 'IF', 'TF', 'TR') THEN false END WHEN 'execisquotedidenton' THEN CASE WHEN o.type IN ('V', 'P', 'FN', 'IF', 'TF', 'TR') THEN true END
              WHEN 'execisansinullson' THEN CASE WHEN o.type IN ('V', 'P', 'FN', 'IF', 'TF', 'TR') THEN true END WHEN 'execistriggerdisabled' THEN (SELECT m.is_disabled FROM store.modules m WHERE m.object_id = $1 AND m.type = 'TR')
              WHEN 'execisaftertrigger' THEN CASE WHEN o.type = 'TR' THEN true END WHEN 'execisinsteadoftrigger' THEN CASE WHEN o.type = 'TR' THEN false END
              WHEN 'cnstisdisabled' THEN (SELECT k.disabled FROM store.constraints k WHERE k.object_id = $1) WHEN 'cnstisnottrusted' THEN (SELECT k.untrusted FROM store.constraints k WHERE k.object_id = $1)
              WHEN 'cnstiscolumn' THEN (SELECT k.columns = 1 FROM store.constraints k WHERE k.object_id = $1) WHEN 'cnstisnotrepl' THEN CASE WHEN o.type IN ('F', 'C') THEN false END
              WHEN 'cnstisdeletecascade' THEN (SELECT k.confdeltype = 'c' FROM store.constraints k WHERE k.object_id = $1 AND k.contype = 'f')
              WHEN 'cnstisupdatecascade' THEN (SELECT k.confupdtype = 'c' FROM store.constraints k WHERE k.object_id = $1 AND k.contype = 'f')
              WHEN 'cnstisclustkey' THEN (SELECT i.clustered FROM store.indexes i WHERE i.constraint_id = $1) WHEN 'cnstisnonclustkey' THEN (SELECT NOT i.clustered FROM store.indexes i WHERE i.constraint_id = $1)
              ELSE CASE WHEN o.type = 'U' THEN CASE lower($2::text)
                WHEN 'tablehasidentity' THEN EXISTS (SELECT FROM store.columns c WHERE c.object_id = $1 AND c.identity)
                WHEN 'tablehasprimarykey' THEN EXISTS (SELECT FROM store.constraints k WHERE k.parent_object_id = $1 AND k.contype = 'p')
                WHEN 'tablehasuniquecnst' THEN EXISTS (SELECT FROM store.constraints k WHERE k.parent_object_id = $1 AND k.contype = 'u')
                WHEN 'tablehascheckcnst' THEN EXISTS (SELECT FROM store.constraints k WHERE k.parent_object_id = $1 AND k.contype = 'c')
                WHEN 'tablehasforeignkey' THEN EXISTS (SELECT FROM store.constraints k WHERE k.parent_object_id = $1 AND k.contype = 'f')
                WHEN 'tablehasforeignref' THEN EXISTS (SELECT FROM store.constraints k WHERE k.confrelid = $1::oid AND k.contype = 'f')
                WHEN 'tablehasdefaultcnst' THEN EXISTS (SELECT FROM store.defaults d WHERE d.parent_object_id = $1)
                WHEN 'tablehasindex' THEN EXISTS (SELECT FROM store.indexes i WHERE i.object_id = $1) WHEN 'tablehasclustindex' THEN EXISTS (SELECT FROM store.indexes i WHERE i.object_id = $1 AND i.clustered)
                WHEN 'tablehasnonclustindex' THEN EXISTS (SELECT FROM store.indexes i WHERE i.object_id = $1 AND NOT i.clustered) WHEN 'tablehastimestamp' THEN EXISTS (SELECT FROM store.columns c WHERE c.object_id = $1 AND c.number = 189)
                WHEN 'tablehasrowguidcol' THEN false WHEN 'tablehascolumnset' THEN false WHEN 'tablehasactivefulltextindex' THEN false WHEN 'tableisfake' THEN false WHEN 'tableismemoryoptimized' THEN false
                WHEN 'tabletemporaltype' THEN false WHEN 'isansinullson' THEN true WHEN 'isquotedidenton' THEN true END END END::int4
  FROM store.objects o WHERE o.object_id = $1 AND lower($2::text) NOT IN ('schemaid', 'ownerid')
  UNION ALL SELECT CASE lower($2::text) WHEN 'schemaid' THEN o.schema_id ELSE 1 END FROM store.objects o WHERE o.object_id = $1 AND lower($2::text) IN ('schemaid', 'ownerid') $$;
CREATE FUNCTION sys.objectpropertyex(id int4, property sys.nvarchar) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE lower($2::text) WHEN 'basetype' THEN (SELECT rpad(o.type, 2) FROM store.objects o WHERE o.object_id = $1)
              WHEN 'cardinality' THEN (SELECT store.row_count(r.oid)::text FROM store.relations r WHERE r.object_id = $1 AND r.relkind = 'r') ELSE sys.objectproperty($1, $2)::text END::sys.nvarchar $$;

-- Everything as text; tsql/properties.py knows which of them are numbers.
CREATE FUNCTION sys.databasepropertyex(wanted text, property text) RETURNS sys.nvarchar LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE lower($2) WHEN 'collation' THEN 'SQL_Latin1_General_CP1_CI_AS' WHEN 'comparisonstyle' THEN '196609' WHEN 'edition' THEN CASE WHEN p.datname = 'master' THEN 'System' ELSE 'GeneralPurpose' END
              WHEN 'serviceobjective' THEN CASE WHEN p.datname = 'master' THEN 'System0' ELSE 'GP_Gen5_2' END WHEN 'maxsizeinbytes' THEN '34359738368' WHEN 'lcid' THEN '1033' WHEN 'recovery' THEN 'FULL'
              WHEN 'sqlsortorder' THEN '52' WHEN 'status' THEN 'ONLINE' WHEN 'updateability' THEN 'READ_WRITE' WHEN 'useraccess' THEN 'MULTI_USER' WHEN 'version' THEN '904'
              WHEN 'isautocreatestatistics' THEN '1' WHEN 'isautoupdatestatistics' THEN '1' WHEN 'isaccelerateddatabaserecoveryon' THEN '1' WHEN 'isxtpsupported' THEN '0'
              ELSE CASE WHEN lower($2) IN ('isansinulldefault', 'isansinullsenabled', 'isansipaddingenabled', 'isansiwarningsenabled', 'isarithmeticabortenabled', 'isautoclose', 'isautocreatestatisticsincremental', 'isautoshrink',
                'isclone', 'isclosecursorsoncommitenabled', 'isfulltextenabled', 'isinstandby', 'islocalcursorsdefault', 'ismemoryoptimizedelevatetosnapshotenabled', 'ismergepublished', 'isnullconcat', 'isnumericroundabortenabled',
                'isparameterizationforced', 'isquotedidentifiersenabled', 'ispublished', 'isrecursivetriggersenabled', 'issubscribed', 'issyncwithbackup', 'istornpagedetectionenabled', 'isverifiedclone') THEN '0' END END::sys.nvarchar
  FROM pg_database p WHERE p.datname = lower($1) COLLATE "C" AND p.datname NOT IN ('postgres', 'template0', 'template1', 'azuresql_template') $$;

-- COLLATIONPROPERTY: the parts of a collation's name tell everything. Versions: 80, 90, 100, 140.
CREATE FUNCTION sys.collationproperty(name sys.nvarchar, property sys.nvarchar) RETURNS int4 LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE WHEN NOT parts && ARRAY['CI', 'CS', 'BIN', 'BIN2'] OR cardinality(parts) < 2 THEN NULL
    ELSE CASE lower($2::text COLLATE "C") WHEN 'codepage' THEN CASE WHEN 'UTF8' = ANY (parts) THEN 65001 ELSE 1252 END WHEN 'lcid' THEN 1033
      WHEN 'comparisonstyle' THEN CASE WHEN parts && ARRAY['BIN', 'BIN2'] THEN 0
        ELSE (CASE WHEN 'CI' = ANY (parts) THEN 1 ELSE 0 END) + (CASE WHEN 'AI' = ANY (parts) THEN 2 ELSE 0 END)
             + (CASE WHEN 'KS' = ANY (parts) THEN 0 ELSE 65536 END) + (CASE WHEN 'WS' = ANY (parts) THEN 0 ELSE 131072 END) END
      WHEN 'version' THEN CASE WHEN '140' = ANY (parts) THEN 3 WHEN '100' = ANY (parts) THEN 2 WHEN '90' = ANY (parts) THEN 1 ELSE 0 END END END
  FROM (SELECT string_to_array(upper($1::text COLLATE "C"), '_') AS parts) AS n $$;
