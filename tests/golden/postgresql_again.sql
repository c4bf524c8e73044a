INSERT INTO public.golden (id, c_smallint, c_integer, c_bigint, c_numeric_10_2, c_numeric_38_10,
    c_numeric_0_38, c_numeric_coarse, c_numeric, c_real, c_double, c_money, c_boolean, c_char, c_bpchar,
    c_varchar, c_varchar_free, c_text, c_name, c_citext, c_bytea, c_date, c_timestamp, c_timestamp_0,
    c_timestamp_3, c_timestamptz, c_timestamptz_3, c_time, c_time_0, c_timetz, c_interval, c_uuid, c_json,
    c_jsonb, c_xml, c_hstore, c_enum, c_domain, c_domain_text, c_inet, c_cidr, c_macaddr, c_macaddr8, c_bit,
    c_varbit, c_point, c_line, c_lseg, c_box, c_path, c_polygon, c_circle, c_oid, c_int_array, c_int_matrix,
    c_bigint_array, c_text_array, c_char_array, c_bool_array, c_float_array, c_numeric_array, c_date_array,
    c_timestamp_array, c_timestamptz_array, c_timetz_array, c_interval_array, c_bytea_array, c_uuid_array,
    c_jsonb_array, c_json_array, c_hstore_array, c_enum_array, c_domain_array, c_box_array, c_money_array,
    c_composite, c_composite_array, c_int4range, c_numrange, c_tstzrange, c_daterange, c_range_array,
    c_multirange, c_tsvector, c_serial, c_identity)
SELECT id + 100, c_smallint, c_integer, c_bigint, c_numeric_10_2, c_numeric_38_10, c_numeric_0_38,
    c_numeric_coarse, c_numeric, c_real, c_double, c_money, c_boolean, c_char, c_bpchar, c_varchar,
    c_varchar_free, c_text, c_name, c_citext, c_bytea, c_date, c_timestamp, c_timestamp_0, c_timestamp_3,
    c_timestamptz, c_timestamptz_3, c_time, c_time_0, c_timetz, c_interval, c_uuid, c_json, c_jsonb, c_xml,
    c_hstore, c_enum, c_domain, c_domain_text, c_inet, c_cidr, c_macaddr, c_macaddr8, c_bit, c_varbit,
    c_point, c_line, c_lseg, c_box, c_path, c_polygon, c_circle, c_oid, c_int_array, c_int_matrix,
    c_bigint_array, c_text_array, c_char_array, c_bool_array, c_float_array, c_numeric_array, c_date_array,
    c_timestamp_array, c_timestamptz_array, c_timetz_array, c_interval_array, c_bytea_array, c_uuid_array,
    c_jsonb_array, c_json_array, c_hstore_array, c_enum_array, c_domain_array, c_box_array, c_money_array,
    c_composite, c_composite_array, c_int4range, c_numrange, c_tstzrange, c_daterange, c_range_array,
    c_multirange, c_tsvector, c_serial, c_identity
FROM public.golden WHERE id BETWEEN 1 AND 5 ORDER BY id;
UPDATE public.golden AS g SET c_smallint = o.c_smallint, c_integer = o.c_integer, c_bigint = o.c_bigint,
    c_numeric_10_2 = o.c_numeric_10_2, c_numeric_38_10 = o.c_numeric_38_10, c_numeric_0_38 = o.c_numeric_0_38,
    c_numeric_coarse = o.c_numeric_coarse, c_numeric = o.c_numeric, c_real = o.c_real, c_double = o.c_double,
    c_money = o.c_money, c_boolean = o.c_boolean, c_char = o.c_char, c_bpchar = o.c_bpchar, c_varchar =
    o.c_varchar, c_varchar_free = o.c_varchar_free, c_text = o.c_text, c_name = o.c_name, c_citext =
    o.c_citext, c_bytea = o.c_bytea, c_date = o.c_date, c_timestamp = o.c_timestamp, c_timestamp_0 =
    o.c_timestamp_0, c_timestamp_3 = o.c_timestamp_3, c_timestamptz = o.c_timestamptz, c_timestamptz_3 =
    o.c_timestamptz_3, c_time = o.c_time, c_time_0 = o.c_time_0, c_timetz = o.c_timetz, c_interval =
    o.c_interval, c_uuid = o.c_uuid, c_json = o.c_json, c_jsonb = o.c_jsonb, c_xml = o.c_xml, c_hstore =
    o.c_hstore, c_enum = o.c_enum, c_domain = o.c_domain, c_domain_text = o.c_domain_text, c_inet = o.c_inet,
    c_cidr = o.c_cidr, c_macaddr = o.c_macaddr, c_macaddr8 = o.c_macaddr8, c_bit = o.c_bit, c_varbit =
    o.c_varbit, c_point = o.c_point, c_line = o.c_line, c_lseg = o.c_lseg, c_box = o.c_box, c_path = o.c_path,
    c_polygon = o.c_polygon, c_circle = o.c_circle, c_oid = o.c_oid, c_int_array = o.c_int_array, c_int_matrix
    = o.c_int_matrix, c_bigint_array = o.c_bigint_array, c_text_array = o.c_text_array, c_char_array =
    o.c_char_array, c_bool_array = o.c_bool_array, c_float_array = o.c_float_array, c_numeric_array =
    o.c_numeric_array, c_date_array = o.c_date_array, c_timestamp_array = o.c_timestamp_array,
    c_timestamptz_array = o.c_timestamptz_array, c_timetz_array = o.c_timetz_array, c_interval_array =
    o.c_interval_array, c_bytea_array = o.c_bytea_array, c_uuid_array = o.c_uuid_array, c_jsonb_array =
    o.c_jsonb_array, c_json_array = o.c_json_array, c_hstore_array = o.c_hstore_array, c_enum_array =
    o.c_enum_array, c_domain_array = o.c_domain_array, c_box_array = o.c_box_array, c_money_array =
    o.c_money_array, c_composite = o.c_composite, c_composite_array = o.c_composite_array, c_int4range =
    o.c_int4range, c_numrange = o.c_numrange, c_tstzrange = o.c_tstzrange, c_daterange = o.c_daterange,
    c_range_array = o.c_range_array, c_multirange = o.c_multirange, c_tsvector = o.c_tsvector, c_serial =
    o.c_serial, c_identity = o.c_identity
FROM public.golden AS o WHERE g.id BETWEEN 1 AND 5 AND o.id = g.id + 100;
