-- FOR XML: values as the text of elements and attributes, and back.

CREATE FUNCTION sys.xml_text(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT replace(replace(replace(replace(value COLLATE "C", '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), E'\r', '&#x0D;')
$$;

CREATE FUNCTION sys.xml_attribute(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT replace(replace(replace(sys.xml_text(value) COLLATE "C", '"', '&quot;'), E'\n', '&#x0A;'), E'\t', '&#x09;')
$$;

-- `value('.', …)`: all text of a document that FOR XML made.
CREATE FUNCTION sys.xml_string(document text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT replace(replace(replace(replace(replace(replace(replace(regexp_replace(document COLLATE "C", '<[^>]*>', '', 'g'),
         '&#x0D;', E'\r'), '&#x0A;', E'\n'), '&#x09;', E'\t'), '&quot;', '"'), '&gt;', '>'), '&lt;', '<'), '&amp;', '&')
$$;
