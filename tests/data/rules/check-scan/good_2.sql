CREATE TABLE prices (id integer, price integer CHECK (price > 0));
