-- Migration: add_users
-- Version: 0002
--
-- People who learn, and the courses that they are enrolled in.

CREATE TABLE users (
  id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  display_name text        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  email        text        NOT NULL CONSTRAINT users_email_key UNIQUE
);

COMMENT ON TABLE users IS 'One row a person, never shared';
COMMENT ON COLUMN users.email IS 'Where mail goes; also the login';

CREATE TABLE enrollments (
  user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  course_id   uuid        NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
  enrolled_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT enrollments_pkey PRIMARY KEY (user_id, course_id)
);

CREATE INDEX enrollments_course_id_idx ON enrollments (course_id);

COMMENT ON TABLE enrollments IS 'Who takes which course';
