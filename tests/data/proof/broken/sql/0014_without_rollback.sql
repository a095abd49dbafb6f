CREATE TABLE orphans (id bigint);
