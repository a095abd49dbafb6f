DROP INDEX users_state_idx;
