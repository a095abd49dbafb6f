-- Migration: add_course_completion
-- Version: 0013
--
-- How far each learner has come in each course: a view, a function that it uses, and a trigger that keeps the
-- number of nodes of a course at hand, so that the view need not count them.

ALTER TABLE courses ADD COLUMN node_count integer NOT NULL DEFAULT 0;

COMMENT ON COLUMN courses.node_count IS 'Kept by the trigger courses_count_nodes';

CREATE FUNCTION courses_count_nodes() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    UPDATE courses SET node_count = node_count - 1 WHERE id = OLD.course_id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    UPDATE courses SET node_count = node_count + 1 WHERE id = NEW.course_id;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER courses_count_nodes
  AFTER INSERT OR DELETE OR UPDATE OF course_id ON knowledge_nodes
  FOR EACH ROW EXECUTE FUNCTION courses_count_nodes();

-- After the trigger, which lets no node slip in while the nodes are counted.
UPDATE courses AS c
SET node_count = (SELECT count(*) FROM knowledge_nodes AS n WHERE n.course_id = c.id);

CREATE FUNCTION percent_done(done bigint, total bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN total > 0 THEN round(100.0 * least(done, total) / total, 1) ELSE 0 END
$$;

CREATE VIEW course_completion AS
SELECT
  e.user_id,
  n.course_id,
  count(DISTINCT e.node_id) AS nodes_done,
  c.node_count,
  percent_done(count(DISTINCT e.node_id), c.node_count) AS percent,
  max(e.occurred_at) AS last_completed_at
FROM progress_events AS e
JOIN knowledge_nodes AS n ON n.id = e.node_id
JOIN courses AS c ON c.id = n.course_id
WHERE e.kind = 'completed'
GROUP BY e.user_id, n.course_id, c.node_count;

COMMENT ON VIEW course_completion IS 'One row for a learner and a course in which they completed something';
