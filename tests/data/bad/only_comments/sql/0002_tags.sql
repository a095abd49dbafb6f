-- Migration: tags
-- Version: 0002

/* CREATE TABLE tags (name text PRIMARY KEY);
   /* nested */ still a comment */
