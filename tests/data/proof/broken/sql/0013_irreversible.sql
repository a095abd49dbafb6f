-- pgtide: irreversible old passwords must go
DROP TABLE IF EXISTS passwords;
