CREATE TABLE labels (name text PRIMARY KEY);
