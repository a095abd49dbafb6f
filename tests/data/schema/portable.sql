-- A schema that every supported version can express. What a snapshot says of it is in portable.txt.
CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('open', 'paid', 'sent');
CREATE TYPE shop.money AS (amount numeric(12,2), currency char(3));
CREATE TYPE shop.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE DOMAIN shop.email AS text COLLATE "C" NOT NULL DEFAULT 'nobody@example.org' CHECK (VALUE ~ '@');
CREATE SEQUENCE shop.invoice_number START 1000 INCREMENT 5 CACHE 3;
CREATE TABLE shop.customer (
  id bigint GENERATED ALWAYS AS IDENTITY (START WITH 10) PRIMARY KEY,
  email shop.email UNIQUE,
  "Full Name" varchar(80) DEFAULT '',
  born date CHECK (born > '1900-01-01'),
  balance shop.money,
  tags text[] NOT NULL DEFAULT '{}',
  seen timestamptz DEFAULT now(),
  extra jsonb,
  upper_name text GENERATED ALWAYS AS (upper("Full Name")) STORED
);
CREATE TABLE shop."order" (
  id serial PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES shop.customer ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  state shop.state NOT NULL DEFAULT 'open',
  placed timestamptz(3) NOT NULL DEFAULT '2020-02-03 04:05:06+00',
  total numeric(10,2) CONSTRAINT total_positive CHECK (total >= 0),
  note varchar(200) COLLATE "C",
  during tstzrange,
  EXCLUDE USING gist (during WITH &&),
  UNIQUE (customer_id, placed) INCLUDE (total) WITH (fillfactor = 80)
) WITH (fillfactor = 90, autovacuum_enabled = false);
ALTER TABLE shop."order" ALTER note SET STATISTICS 300, ALTER note SET STORAGE EXTERNAL;
CREATE UNLOGGED TABLE shop.cart (id bigserial, customer_id bigint);
ALTER TABLE shop.cart ADD FOREIGN KEY (customer_id) REFERENCES shop.customer NOT VALID;
CREATE TABLE shop.event (at timestamptz NOT NULL, kind text, PRIMARY KEY (at, kind)) PARTITION BY RANGE (at);
CREATE TABLE shop.event_2020 PARTITION OF shop.event FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2021-01-01 00:00:00+00');
CREATE TABLE shop.event_rest PARTITION OF shop.event DEFAULT;
CREATE INDEX event_kind ON shop.event (kind);
CREATE TABLE shop.vip (level integer NOT NULL) INHERITS (shop.customer);
CREATE INDEX order_state ON shop."order" (state, placed DESC NULLS LAST) WHERE state <> 'sent';
CREATE INDEX order_note ON shop."order" (lower(note) text_pattern_ops, (total + 1));
CREATE INDEX customer_extra ON shop.customer USING gin (extra jsonb_path_ops) WITH (fastupdate = off);
CREATE STATISTICS shop.order_stats (ndistinct, dependencies) ON customer_id, state FROM shop."order";
CREATE VIEW shop.open_order AS SELECT id, customer_id, total FROM shop."order" WHERE state = 'open' ORDER BY placed;
CREATE VIEW shop.simple AS SELECT * FROM shop.customer;
CREATE VIEW shop.aliased AS SELECT c.id AS customer, c."Full Name", (c.balance).amount, c.* IS NULL AS none FROM shop.customer c;
CREATE VIEW shop.nested AS SELECT o.id, (SELECT max(c.seen) FROM shop.customer c WHERE c.id = o.customer_id) AS seen,
  CASE WHEN o.total > 5 THEN 'o.total' ELSE o.note END AS word
  FROM shop."order" o WHERE EXISTS (SELECT 1 FROM shop.customer WHERE customer.id = o.customer_id AND o.state <> 'sent');
CREATE VIEW shop.joined AS SELECT o.id, c.email, count(*) OVER (PARTITION BY c.id) FROM shop."order" o JOIN shop.customer c ON c.id = o.customer_id;
CREATE VIEW shop.united AS SELECT id FROM shop.customer UNION ALL SELECT id FROM shop."order";
CREATE VIEW shop.common AS WITH recent AS (SELECT id, total FROM shop."order" WHERE placed > '2020-01-01') SELECT id, sum(total) AS total FROM recent GROUP BY id HAVING sum(total) > 1;
CREATE VIEW shop.numbers AS SELECT n, n * 2 AS twice FROM generate_series(1, 10) n;
CREATE VIEW shop.listed AS SELECT column1 AS a FROM (VALUES (1), (2)) v;
CREATE VIEW shop.derived AS SELECT d.id, d.n FROM (SELECT customer_id AS id, count(*) AS n FROM shop."order" GROUP BY customer_id) d;
CREATE VIEW shop.constant AS SELECT 1 AS one, 'FROM shop.customer c' AS text;
CREATE VIEW shop.self AS SELECT id, ROW(id, total) = ROW(1, 2) AS pair, "order" AS whole FROM shop."order" "order";
CREATE MATERIALIZED VIEW shop.by_state AS SELECT state, count(*) AS n FROM shop."order" GROUP BY state WITH NO DATA;
CREATE UNIQUE INDEX by_state_key ON shop.by_state (state);
CREATE FUNCTION shop.total(customer bigint, since date DEFAULT '2020-01-01', OUT sum numeric, OUT n bigint) LANGUAGE sql STABLE STRICT
  PARALLEL SAFE COST 50 SET search_path = shop, public AS 'SELECT sum(total), count(*) FROM "order"';
CREATE FUNCTION shop.ids(VARIADIC wanted integer[]) RETURNS TABLE (id integer, name text) LANGUAGE plpgsql ROWS 7 SECURITY DEFINER AS 'BEGIN RETURN; END';
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := lower(NEW.note); RETURN NEW; END';
CREATE PROCEDURE shop.clean(IN days integer DEFAULT 5, INOUT gone bigint DEFAULT 0) LANGUAGE plpgsql AS 'BEGIN END';
CREATE AGGREGATE shop.most(integer) (SFUNC = int4larger, STYPE = integer, COMBINEFUNC = int4larger, SORTOP = >, PARALLEL = safe);
CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF note ON shop."order" FOR EACH ROW WHEN (NEW.note IS NOT NULL) EXECUTE FUNCTION shop.touch();
CREATE TRIGGER event_touch AFTER INSERT ON shop.event FOR EACH ROW EXECUTE FUNCTION shop.touch();
ALTER TABLE shop."order" DISABLE TRIGGER touch;
CREATE RULE no_delete AS ON DELETE TO shop.customer DO INSTEAD NOTHING;
CREATE ROLE portable_reader;
CREATE POLICY mine ON shop."order" FOR SELECT TO portable_reader, postgres USING (customer_id = 5);
ALTER TABLE shop."order" ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA shop TO portable_reader;
GRANT SELECT, INSERT (id, note) ON shop."order" TO portable_reader;
GRANT ALL ON shop.customer TO portable_reader WITH GRANT OPTION;
GRANT ALL ON SEQUENCE shop.invoice_number TO portable_reader;
REVOKE EXECUTE ON FUNCTION shop.touch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_waldir() TO portable_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO portable_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT ALL ON TABLES TO PUBLIC;
COMMENT ON TABLE shop.customer IS 'People''s data';
COMMENT ON COLUMN shop.customer.email IS 'unique';
COMMENT ON CONSTRAINT total_positive ON shop."order" IS 'no refunds';
COMMENT ON INDEX shop.order_state IS 'for the list';
COMMENT ON INDEX shop.order_pkey IS 'of the key';
CREATE CAST (shop.money AS text) WITH INOUT;
CREATE OPERATOR shop.=== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = OPERATOR(shop.===), RESTRICT = eqsel);
CREATE OPERATOR CLASS shop.int_ops FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 3 shop.===, FUNCTION 1 btint4cmp(integer, integer);
CREATE COLLATION shop.plain (LOCALE = 'C');
CREATE TEXT SEARCH CONFIGURATION shop.words (COPY = simple);
CREATE PUBLICATION shop_changes FOR TABLE shop."order" WITH (publish = 'insert, update');
CREATE FOREIGN DATA WRAPPER shop_wrapper;
CREATE SERVER shop_server FOREIGN DATA WRAPPER shop_wrapper OPTIONS (host 'elsewhere');
CREATE USER MAPPING FOR portable_reader SERVER shop_server OPTIONS (user 'me', password 'secret');
CREATE FOREIGN TABLE shop.remote (a integer OPTIONS (column_name 'b')) SERVER shop_server OPTIONS (table_name 't');
CREATE FUNCTION shop.audit() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER shop_audit ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION shop.audit();
ALTER EVENT TRIGGER shop_audit DISABLE;
CREATE INDEX cart_customer ON shop.cart (customer_id);
ALTER TABLE shop.cart CLUSTER ON cart_customer;
