-- A sign-in looks at the sessions of its user that were not ended, and somebody who signs in and out all day leaves hundreds that were. A refresh changes
-- neither column, so it goes on writing no index.
CREATE INDEX sessions_live ON sessions (user_id) WHERE ended_at IS NULL;
