-- Users who came from another system, also those who were deleted since: an import must not bring them back.
CREATE TABLE imported_users (
	user_id     text COLLATE "C" PRIMARY KEY,
	fingerprint bytea NOT NULL, -- of what was read
	imported_at bigint NOT NULL,
	closed_at   bigint -- from then on nothing that the other system gave him is good; NULL: it is
);

-- Tokens of the other system, by their hashes, that may still be presented.
CREATE TABLE imported_tokens (
	kind       text COLLATE "C" NOT NULL,
	hash       bytea NOT NULL,
	user_id    text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	expires_at bigint NOT NULL,
	session_id bytea, -- the session that it opened; NULL: none yet
	PRIMARY KEY (kind, hash)
);
CREATE INDEX imported_tokens_age ON imported_tokens (expires_at);
CREATE INDEX imported_tokens_user ON imported_tokens (user_id);
