"""The migrations that are measured: five kinds in turn, as a product's are."""

import os

LOREM = "the quick brown fox jumps over the lazy dog while the band plays on "


def forward(number):
    """Statements of one migration."""
    group, kind = (number - 1) // 5, (number - 1) % 5
    table = f"customers_{group}"
    if kind == 0:
        return [
            f"CREATE TABLE {table} (\n"
            "  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
            "  name text NOT NULL,\n"
            "  email text NOT NULL,\n"
            "  created_at timestamptz NOT NULL DEFAULT now()\n)",
            f"CREATE UNIQUE INDEX {table}_email_key ON {table} (lower(email))",
            f"INSERT INTO {table} (name, email) VALUES ('Ada', 'ada@example.com'), ('Grace', 'grace@example.com')",
        ]
    if kind == 1:
        return [
            f"ALTER TABLE {table} ADD COLUMN language text",
            f"UPDATE {table} SET language = 'en' WHERE language IS NULL",
            f"ALTER TABLE {table} ALTER COLUMN language SET NOT NULL",
        ]
    if kind == 2:
        return [
            f"CREATE TABLE orders_{group} (\n"
            "  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
            f"  customer_id bigint NOT NULL REFERENCES {table} (id),\n"
            "  total numeric(12, 2) NOT NULL CHECK (total >= 0)\n)",
            f"CREATE INDEX orders_{group}_customer_idx ON orders_{group} (customer_id)",
        ]
    if kind == 3:
        return [
            f"CREATE VIEW {table}_totals AS\n  SELECT c.id, c.name, sum(o.total) AS total\n"
            f"  FROM {table} c LEFT JOIN orders_{group} o ON o.customer_id = c.id GROUP BY c.id, c.name",
            f"COMMENT ON VIEW {table}_totals IS 'what each customer''s orders come to'",
        ]
    return [
        f"CREATE FUNCTION {table}_lower() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n  NEW.email := lower(NEW.email); -- one spelling\n  RETURN NEW;\nEND\n$$",
        f"CREATE TRIGGER lower_email BEFORE INSERT OR UPDATE ON {table}\n"
        f"  FOR EACH ROW EXECUTE FUNCTION {table}_lower()",
    ]


def backward(number):
    group, kind = (number - 1) // 5, (number - 1) % 5
    table = f"customers_{group}"
    return [
        [f"DROP TABLE {table}"],
        [f"ALTER TABLE {table} DROP COLUMN language"],
        [f"DROP TABLE orders_{group}"],
        [f"DROP VIEW {table}_totals"],
        [f"DROP TRIGGER lower_email ON {table}", f"DROP FUNCTION {table}_lower()"],
    ][kind]


def script(statements):
    return "".join(statement + ";\n" for statement in statements)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_pairs(folder, count):
    """The same statements in the three tools' own forms; returns what to hand to each."""
    pgtide, dbmate = f"{folder}/pgtide", f"{folder}/dbmate"
    for path in (f"{pgtide}/sql", f"{pgtide}/rollback", dbmate):
        os.makedirs(path)
    width = max(4, len(str(count)))
    up, down = [], []
    for number in range(1, count + 1):
        version = str(number).zfill(width)
        there, back = script(forward(number)), script(backward(number))
        write(f"{pgtide}/sql/{version}_change_{number}.sql", there)
        write(f"{pgtide}/rollback/{version}_rollback.sql", back)
        write(f"{dbmate}/{version}_change_{number}.sql", f"-- migrate:up\n{there}\n-- migrate:down\n{back}")
        up.append(f"BEGIN;\n{there}COMMIT;\n")
        down.append(f"BEGIN;\n{back}COMMIT;\n")
    write(f"{folder}/up.sql", "".join(up))
    write(f"{folder}/down.sql", "".join(reversed(down)))
    return {"pgtide": pgtide, "dbmate": dbmate, "up": f"{folder}/up.sql", "down": f"{folder}/down.sql"}


def write_big_script(folder, kind, size):
    """One migration of `size` bytes of data, as COPY or as INSERTs; psql gets the same bytes in a transaction."""
    pgtide = f"{folder}/pgtide"
    for path in (f"{pgtide}/sql", f"{pgtide}/rollback"):
        os.makedirs(path)
    write(f"{pgtide}/rollback/0001_rollback.sql", "DROP TABLE events;\n")
    path = f"{pgtide}/sql/0001_load_events.sql"
    text = LOREM * 2
    rows = [f"2024-01-01 00:00:{i % 60:02}+00\tclick\t{text}\t{{\"page\": {i}, \"tags\": [\"a\", \"b\"]}}" for i in range(100)]
    if kind == "copy":
        head, tail = "COPY events (at, kind, body, detail) FROM stdin;\n", "\\.\n"
        block = "".join(row + "\n" for row in rows)
    else:
        head, tail = "", ""
        values = ["('" + "', '".join(row.split("\t")) + "')" for row in rows]
        block = "INSERT INTO events (at, kind, body, detail) VALUES\n" + ",\n".join(values) + ";\n"
    data = block.encode()
    with open(path, "wb") as file:
        file.write(b"CREATE TABLE events (at timestamptz, kind text, body text, detail jsonb);\n" + head.encode())
        for _ in range(max(1, size // len(data))):
            file.write(data)
        file.write(tail.encode())
    write(f"{folder}/psql.sql", f"BEGIN;\n\\i {path}\nCOMMIT;\n")
    return {"pgtide": pgtide, "up": f"{folder}/psql.sql"}
