INSERT INTO options VALUES ('theme', 'dark');
