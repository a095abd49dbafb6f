ALTER TYPE mood ADD VALUE 'curious';  -- finding
INSERT INTO moods VALUES ('curious');
