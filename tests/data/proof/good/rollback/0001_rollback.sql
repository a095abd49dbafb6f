DROP SEQUENCE invoice_number;
DROP TABLE accounts;
DROP TABLE roles;
