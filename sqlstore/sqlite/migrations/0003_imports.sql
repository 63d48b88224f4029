-- Users who came from another system, also those who were deleted since: an import must not bring them back.
CREATE TABLE imported_users (
	user_id     TEXT PRIMARY KEY NOT NULL,
	fingerprint BLOB NOT NULL, -- of what was read
	imported_at INTEGER NOT NULL,
	closed_at   INTEGER -- from then on nothing that the other system gave him is good; NULL: it is
);

-- Tokens of the other system, by their hashes, that may still be presented.
CREATE TABLE imported_tokens (
	kind       TEXT NOT NULL,
	hash       BLOB NOT NULL,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	expires_at INTEGER NOT NULL,
	session_id BLOB, -- the session that it opened; NULL: none yet
	PRIMARY KEY (kind, hash)
) WITHOUT ROWID;
CREATE INDEX imported_tokens_age ON imported_tokens (expires_at);
CREATE INDEX imported_tokens_user ON imported_tokens (user_id);
