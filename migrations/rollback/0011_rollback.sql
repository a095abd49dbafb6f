-- Rollback for: insert_welcome_templates
-- Version: 0011
--
-- Exactly the rows of the forward script, by their keys: a template or a translation that was added by hand
-- stays.

DELETE FROM email_templates
WHERE (key, locale) IN (
  ('welcome', 'en'), ('welcome', 'de'), ('welcome', 'ja'),
  ('streak_reminder', 'en'), ('streak_reminder', 'de'), ('streak_reminder', 'ja')
);
