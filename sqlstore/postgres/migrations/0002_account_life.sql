-- An account that waits for its address to be proved is inactive too, but nobody disabled it.
ALTER TABLE users ADD COLUMN awaits_activation boolean NOT NULL DEFAULT false;

-- The newest token of each kind that a user was mailed. No reference to users: a request for nobody leaves the same trace until it is pruned.
CREATE TABLE one_time_tokens (
	user_id    text COLLATE "C" NOT NULL,
	purpose    text NOT NULL,
	hash       bytea NOT NULL,
	created_at bigint NOT NULL,
	expires_at bigint NOT NULL,
	PRIMARY KEY (user_id, purpose)
);
CREATE INDEX one_time_tokens_age ON one_time_tokens (expires_at);

-- Mails that wait to be delivered.
CREATE TABLE mails (
	seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	user_id       text COLLATE "C" NOT NULL,
	sealed        bytea NOT NULL, -- under the master key, which is never in here
	queued_at     bigint NOT NULL,
	tries         bigint NOT NULL,
	next_try_at   bigint NOT NULL,
	claimed_until bigint NOT NULL -- hidden from other nodes until then
);
CREATE INDEX mails_due ON mails (next_try_at, seq);

-- Opaque tokens, by their hashes. Each is as good as its session.
CREATE TABLE opaque_tokens (
	hash       bytea PRIMARY KEY,
	session_id bytea NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE INDEX opaque_tokens_session ON opaque_tokens (session_id);
