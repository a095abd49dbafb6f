-- pgtide: allow data-loss the notes are in the archive
ALTER TABLE orders DROP COLUMN note;
