DROP TABLE tags invitations;
