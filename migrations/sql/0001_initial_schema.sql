-- Migration: initial_schema
-- Version: 0001
--
-- A small learning platform: courses are made of knowledge nodes, and a node may require other nodes.
-- email_templates holds the texts of the mails that the product sends.
-- rollback_backups is for the rollback scripts: they put the rows there that they are about to drop, and
-- the forward script takes them back when it runs again.

CREATE TABLE courses (
  id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  slug         text        NOT NULL CONSTRAINT courses_slug_key UNIQUE,
  title        text        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  CONSTRAINT courses_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$')
);

COMMENT ON TABLE courses IS 'What a learner can enrol in';
COMMENT ON COLUMN courses.published_at IS 'Null while the course is a draft';

CREATE TABLE knowledge_nodes (
  id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  course_id  uuid        NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
  position   integer     NOT NULL,
  title      text        NOT NULL,
  body       text        NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT knowledge_nodes_position_check CHECK (position > 0),
  -- Deferrable, so that two nodes can trade places in one transaction.
  CONSTRAINT knowledge_nodes_course_id_position_key UNIQUE (course_id, position) DEFERRABLE INITIALLY IMMEDIATE
);

COMMENT ON TABLE knowledge_nodes IS 'One thing to learn';
COMMENT ON COLUMN knowledge_nodes.position IS 'Place in the course, from 1';

CREATE TABLE node_prerequisites (
  node_id     uuid NOT NULL REFERENCES knowledge_nodes (id) ON DELETE CASCADE,
  required_id uuid NOT NULL REFERENCES knowledge_nodes (id) ON DELETE CASCADE,
  CONSTRAINT node_prerequisites_pkey PRIMARY KEY (node_id, required_id),
  CONSTRAINT node_prerequisites_self_check CHECK (node_id <> required_id)
);

-- The primary key finds what a node requires; this index finds what a node unlocks.
CREATE INDEX node_prerequisites_required_id_idx ON node_prerequisites (required_id);

COMMENT ON TABLE node_prerequisites IS 'node_id can be started once required_id is done';

CREATE TABLE email_templates (
  key        text        NOT NULL,
  locale     text        NOT NULL,
  subject    text        NOT NULL,
  body       text        NOT NULL,
  variables  text[]      NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT email_templates_pkey PRIMARY KEY (key, locale)
);

COMMENT ON COLUMN email_templates.variables IS 'Names that stand as {{name}} in subject or body';

CREATE TABLE rollback_backups (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  migration  text        NOT NULL,
  table_name text        NOT NULL,
  row_data   jsonb       NOT NULL,
  saved_at   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX rollback_backups_migration_idx ON rollback_backups (migration);

COMMENT ON TABLE rollback_backups IS 'Rows that a rollback script took out, kept for its forward script';
