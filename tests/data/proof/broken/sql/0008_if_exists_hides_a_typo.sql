CREATE TABLE invitations (id bigint PRIMARY KEY);
