-- An account that waits for its address to be proved is inactive too, but nobody disabled it.
ALTER TABLE users ADD COLUMN awaits_activation INTEGER NOT NULL DEFAULT 0;

-- The newest token of each kind that a user was mailed. No reference to users: a request for nobody leaves the same trace until it is pruned.
CREATE TABLE one_time_tokens (
	user_id    TEXT NOT NULL,
	purpose    TEXT NOT NULL,
	hash       BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (user_id, purpose)
);
CREATE INDEX one_time_tokens_age ON one_time_tokens (expires_at);

-- Mails that wait to be delivered.
CREATE TABLE mails (
	seq           INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id       TEXT NOT NULL,
	sealed        BLOB NOT NULL, -- under the master key, which is never in here
	queued_at     INTEGER NOT NULL,
	tries         INTEGER NOT NULL,
	next_try_at   INTEGER NOT NULL,
	claimed_until INTEGER NOT NULL -- hidden from other nodes until then
);
CREATE INDEX mails_due ON mails (next_try_at, seq);

-- Opaque tokens, by their hashes. Each is as good as its session.
CREATE TABLE opaque_tokens (
	hash       BLOB PRIMARY KEY NOT NULL,
	session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX opaque_tokens_session ON opaque_tokens (session_id);
