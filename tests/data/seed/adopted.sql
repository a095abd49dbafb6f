CREATE TABLE migrations (
  id UUID PRIMARY KEY,
  version VARCHAR(10) UNIQUE,
  name VARCHAR(255),
  checksum VARCHAR(64),
  applied_at TIMESTAMP,
  execution_time INTEGER,
  success BOOLEAN,
  error TEXT,
  rolled_back_at TIMESTAMP
);

INSERT INTO migrations
  (id, version, name, checksum, applied_at, execution_time, success, error, rolled_back_at)
VALUES
  ('5f0c1d52-6a0e-4a52-9a3e-0d6a3c1b7e01', '0001', 'initial_schema',
   'a3c6cd49974cfac41f35cf82eb2cd0c619ac9377846378a64b7cf938441037f5',
   '2024-01-10 09:12:44.107', 83, true, NULL, NULL),
  ('5f0c1d52-6a0e-4a52-9a3e-0d6a3c1b7e02', '0002', 'add_user_preferences',
   'e30fda67b9ca7436efe7b568ec48218741ff2ae910c1f6f49960030ee259a8d6',
   '2024-01-15 10:30:02.518', 41, true, NULL, NULL),
  ('5f0c1d52-6a0e-4a52-9a3e-0d6a3c1b7e03', '0003', 'add_feature',
   '3527b3584ff562d62e57a8c45ae4ae78d0366ece1c6733e4dadb8d42088907ac',
   '2024-01-16 08:00:59.001', 12, true, NULL, NULL),
  ('5f0c1d52-6a0e-4a52-9a3e-0d6a3c1b7e04', '0004', 'add_email_address',
   '49db2e262a7e8fdbdc9dd32ca2b6e57d44413c40c0db520cc43477213144b782',
   '2024-01-17 14:03:21.940', 5004, false, 'canceling statement due to lock timeout', NULL);
