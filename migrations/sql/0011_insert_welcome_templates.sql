-- Migration: insert_welcome_templates
-- Version: 0011
--
-- The first mails, in the languages that the product starts with. Rows that the application cannot run
-- without belong in a migration as much as its tables do.

INSERT INTO email_templates (key, locale, subject, body, variables) VALUES
  ('welcome', 'en', 'Welcome, {{name}}',
   E'Good to have you here, {{name}}.\n\nYour first course is waiting: {{course_url}}\n',
   '{name,course_url}'),
  ('welcome', 'de', 'Schön, dass du da bist, {{name}}',
   E'Grüß dich, {{name}}!\n\nDein erster Kurs wartet: {{course_url}}\n',
   '{name,course_url}'),
  ('welcome', 'ja', '{{name}}さん、ようこそ 🎓',
   E'{{name}}さん、はじめまして。\n\n最初のコースはこちらです：{{course_url}}\n',
   '{name,course_url}'),
  ('streak_reminder', 'en', 'Day {{days}}: keep it going?',
   E'{{days}} days in a row; five minutes are enough for one more.\n',
   '{days}'),
  ('streak_reminder', 'de', 'Tag {{days}}: geht noch einer?',
   E'{{days}} Tage am Stück – fünf Minuten genügen für den nächsten.\n',
   '{days}'),
  ('streak_reminder', 'ja', '連続{{days}}日目',
   E'{{days}}日続いています。今日も5分だけどうですか。\n',
   '{days}');
