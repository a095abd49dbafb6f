-- What is there before each example. Every table has rows, drafts has none.
CREATE TABLE users (id integer PRIMARY KEY, email varchar(100), age integer);
INSERT INTO users SELECT n, 'u' || n, n FROM generate_series(1, 3) n;

CREATE TABLE orders (id integer PRIMARY KEY, user_id integer, total integer, note text, span tsrange);
CREATE INDEX orders_user_id_idx ON orders (user_id);
INSERT INTO orders SELECT n, 1, 5, 'n', tsrange(timestamp '2026-01-01' + n * interval '1 day',
  timestamp '2026-01-01' + (n + 1) * interval '1 day') FROM generate_series(1, 1000) n;

CREATE TABLE accounts (name text CONSTRAINT accounts_name_is_there CHECK (name IS NOT NULL));
INSERT INTO accounts VALUES ('a');
CREATE UNIQUE INDEX accounts_name_unique ON accounts (name);
ALTER TABLE accounts ADD CONSTRAINT accounts_name_is_short CHECK (length(name) < 9) NOT VALID;

CREATE TABLE drafts (id integer);

CREATE TABLE events (at date, amount integer) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
INSERT INTO events VALUES ('2026-02-03', 1), ('2027-02-03', 1);

CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS total FROM accounts;
CREATE UNIQUE INDEX totals_total_idx ON totals (total);

CREATE TYPE mood AS ENUM ('happy');
CREATE TABLE moods (mood mood);
INSERT INTO moods VALUES ('happy');

CREATE TABLE visits (id integer, seen boolean);
INSERT INTO visits SELECT n, false FROM generate_series(1, 10000) n;
