ALTER TABLE options ALTER COLUMN value TYPE varchar(20);
