CREATE TABLE bookings (span tsrange, EXCLUDE USING gist (span WITH &&));
