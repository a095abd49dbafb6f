-- Migration health check
CREATE VIEW migration_health AS
SELECT 
  version,
  name,
  applied_at,
  execution_time,
  CASE 
    WHEN rolled_back_at IS NOT NULL THEN 'rolled_back'
    WHEN success = false THEN 'failed'
    ELSE 'applied'
  END as status
FROM migrations
ORDER BY version DESC
LIMIT 10;
