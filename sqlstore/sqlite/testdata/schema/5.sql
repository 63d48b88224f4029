-- Schema 5, with a sign-up and a sign-in: dumped by sqlite3 from a database of the server at commit 0f508e1, whose master key was authtest.Master.
-- refresh: eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCIsImtpZCI6ImZkOWNlYTg3In0.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImlzcyI6Imh0dHA6Ly8xMjcuMC4wLjE6ODA4MCIsInN1YiI6IjAxYTIxMGZiLTRhM2EtNzlkMy1hODQ1LTI0ZjdkNWQ1MDkwZiIsInVzZXJfaWQiOiIwMWEyMTBmYi00YTNhLTc5ZDMtYTg0NS0yNGY3ZDVkNTA5MGYiLCJzaWQiOiJhODNmNGFiN2ZiNjE4Y2Y4ODdmMGU3ZjI2MmNlZDAyYyIsImp0aSI6ImFjZDg0NDJlYzFlOWE2M2RjOTA5NjgxZjY2OGJhYTA2IiwicGFyZW50IjoiMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAiLCJnZW5lcmF0aW9uIjoxLCJpYXQiOjE3OTU1ODEyMzQsImV4cCI6MTc5Njc5MDgzNCwiYm9ybl9hdCI6MTc5NTU4MTIzNDEyM30.SeTEPE72Gq7mt645va1-dSqnVHqDVJfuWo0gDLxOJIs
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number bigint NOT NULL PRIMARY KEY, name text NOT NULL, taken_at bigint NOT NULL);
INSERT INTO migrations VALUES(1,'0001_first',1795581233282);
INSERT INTO migrations VALUES(2,'0002_account_life',1795581233335);
INSERT INTO migrations VALUES(3,'0003_imports',1795581233339);
INSERT INTO migrations VALUES(4,'0004_imported_sessions',1795581233363);
INSERT INTO migrations VALUES(5,'0005_event_chain',1795581233373);
CREATE TABLE users (
	id               TEXT PRIMARY KEY NOT NULL,
	username         TEXT NOT NULL UNIQUE,
	email            TEXT NOT NULL,
	email_key        TEXT NOT NULL, -- the form in which addresses are compared
	first_name       TEXT NOT NULL,
	last_name        TEXT NOT NULL,
	password_hash    TEXT NOT NULL,
	is_active        INTEGER NOT NULL,
	is_staff         INTEGER NOT NULL,
	is_superuser     INTEGER NOT NULL,
	date_joined      INTEGER NOT NULL,
	last_login       INTEGER, -- NULL: never
	verified_at      INTEGER, -- NULL: the address was never proved
	public_metadata  TEXT NOT NULL,
	private_metadata TEXT NOT NULL
, awaits_activation INTEGER NOT NULL DEFAULT 0);
INSERT INTO users VALUES('01a210fb-4a3a-79d3-a845-24f7d5d5090f','ada','ada@example.com','ada@example.com','','','$argon2id$v=19$m=19456,t=2,p=1,norm=trim-nfc$ZtBCIb6591IQ+D7HBYEm3Q$qzJMG26pRObI+hb7i7JOktfpo9W8Ozal0i0a6uZ2DGQ',1,0,0,1795581233722,1795581234123,NULL,'','',0);
CREATE TABLE sessions (
	id                  BLOB PRIMARY KEY NOT NULL,
	user_id             TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	parent              BLOB NOT NULL, -- the last confirmed refresh token
	previous            BLOB NOT NULL, -- the one before; zeros: none
	generation          INTEGER NOT NULL,
	confirmed_at        INTEGER NOT NULL,
	created_at          INTEGER NOT NULL,
	idle_lifetime       INTEGER NOT NULL,
	idle_expires_at     INTEGER NOT NULL,
	absolute_expires_at INTEGER NOT NULL,
	remember            INTEGER NOT NULL,
	method              TEXT NOT NULL,
	label               TEXT NOT NULL,
	user_agent          TEXT NOT NULL,
	address             TEXT NOT NULL,
	ended_at            INTEGER, -- NULL: not before its time
	end_reason          TEXT NOT NULL
);
INSERT INTO sessions VALUES(X'a83f4ab7fb618cf887f0e7f262ced02c','01a210fb-4a3a-79d3-a845-24f7d5d5090f',X'acd8442ec1e9a63dc909681f668baa06',X'00000000000000000000000000000000',0,1795581234123,1795581234123,1209600000,1796790834123,1803357234123,1,'password','','curl/7.88.1','127.0.0.1',NULL,'');
CREATE TABLE signing_keys (
	id         TEXT PRIMARY KEY NOT NULL,
	algorithm  TEXT NOT NULL,
	state      TEXT NOT NULL,
	sealed     BLOB NOT NULL, -- under the master key, which is never in here
	created_at INTEGER NOT NULL,
	state_at   INTEGER NOT NULL
);
INSERT INTO signing_keys VALUES('U1A6lH034eVbZpPGqj1wow','ES256','active',X'01fd9cea87033cbb5a0af7a46ed58ce7411cf8f7f10630e0dc13b96b8faa87304f4f0ee81e3d487ceee180a4bdd86e12d3d4304627808b96e0b4fc5f5ddb3265f23564f484f91bf83348722cabb5aee896450a0ae546c10614d75fb1bf908e9dce3d0323c286559078b8093b59e6b70f1cce1611ea7c03638da5d9a986beed8a143d6c0997b494373527cf5dfd8032b1bd9befd60b81840c903bddea4813a15f46884a2ea4a3c4be10b361',1795581233377,1795581233377);
INSERT INTO signing_keys VALUES('Pawq1x-RDlul7KLHxxYDjQ','ES256','pending',X'01fd9cea8714340c0a951295e051f4fa0e6322bee1e321b3a9ef3ccd9d191f09ed04af8ef97cd8b5cb66054487db2ddb38c648269268fc51b574682298214131bb83ad1159b2506057c7ea778d6dd2ebca964384d461479c4a9e3d7ac390d847da020f88ab8df806d44da706eacc7164bf09c7496510d1e9b70c351ec687106af3bb73049a70fe4d280d13022e958d1eead257638a55acb2d9da93ba84ab8e7f02c89280a62738f43ef605',1795581233377,1795581233377);
CREATE TABLE revocations (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	kind       TEXT NOT NULL,
	subject    TEXT NOT NULL,
	not_before INTEGER NOT NULL,
	reason     TEXT NOT NULL,
	stored_at  INTEGER NOT NULL
);
CREATE TABLE events (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	kind       TEXT NOT NULL,
	at         INTEGER NOT NULL,
	user_id    TEXT, -- NULL: nobody known
	session_id BLOB, -- NULL: none
	detail     TEXT NOT NULL,
	address    TEXT NOT NULL,
	user_agent TEXT NOT NULL,
	request_id TEXT NOT NULL
, actor TEXT NOT NULL DEFAULT '', position INTEGER, hash TEXT NOT NULL DEFAULT '');
INSERT INTO events VALUES(1,'user.created',1795581233722,'01a210fb-4a3a-79d3-a845-24f7d5d5090f',NULL,'','127.0.0.1','curl/7.88.1','jdrrGlTjG3oKkyir','user',1,'a4afa81237a506c5ebec6005ee5759ecbe29c3c42a94a1a79c410dff985e58b1');
INSERT INTO events VALUES(2,'login.succeeded',1795581234123,'01a210fb-4a3a-79d3-a845-24f7d5d5090f',X'a83f4ab7fb618cf887f0e7f262ced02c','password','127.0.0.1','curl/7.88.1','wOx255A5r2uYUuG5','user',2,'de80dbe131cc3f71563c8b816905f281df17e10635b1f96ce2fbb2707f5f49b6');
CREATE TABLE limits (
	key     TEXT PRIMARY KEY NOT NULL,
	arrival INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE counters (
	name  TEXT PRIMARY KEY NOT NULL,
	value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counters VALUES('ping',1);
INSERT INTO counters VALUES('signing_keys',1);
INSERT INTO counters VALUES('user_id',0);
CREATE TABLE one_time_tokens (
	user_id    TEXT NOT NULL,
	purpose    TEXT NOT NULL,
	hash       BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (user_id, purpose)
);
CREATE TABLE mails (
	seq           INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id       TEXT NOT NULL,
	sealed        BLOB NOT NULL, -- under the master key, which is never in here
	queued_at     INTEGER NOT NULL,
	tries         INTEGER NOT NULL,
	next_try_at   INTEGER NOT NULL,
	claimed_until INTEGER NOT NULL -- hidden from other nodes until then
);
CREATE TABLE opaque_tokens (
	hash       BLOB PRIMARY KEY NOT NULL,
	session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE imported_users (
	user_id     TEXT PRIMARY KEY NOT NULL,
	fingerprint BLOB NOT NULL, -- of what was read
	imported_at INTEGER NOT NULL,
	closed_at   INTEGER -- from then on nothing that the other system gave him is good; NULL: it is
);
CREATE TABLE imported_tokens (
	kind       TEXT NOT NULL,
	hash       BLOB NOT NULL,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	expires_at INTEGER NOT NULL,
	session_id BLOB, remember INTEGER NOT NULL DEFAULT 1, -- the session that it opened; NULL: none yet
	PRIMARY KEY (kind, hash)
) WITHOUT ROWID;
CREATE TABLE chain (
	name     TEXT PRIMARY KEY NOT NULL,
	position INTEGER NOT NULL,
	hash     TEXT NOT NULL,
	mac      TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO chain VALUES('anchor',0,'','');
INSERT INTO chain VALUES('head',2,'de80dbe131cc3f71563c8b816905f281df17e10635b1f96ce2fbb2707f5f49b6','7d3bd04968974f4deae4cd93e49174e4001f1ae452b54fdcefdf79a344ed6708');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('events',2);
CREATE INDEX users_email ON users (email_key);
CREATE INDEX users_order ON users (length(id), id);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_age ON sessions (created_at, id);
CREATE INDEX revocations_age ON revocations (stored_at);
CREATE INDEX events_user ON events (user_id, seq) WHERE user_id IS NOT NULL;
CREATE INDEX events_session ON events (session_id, seq) WHERE session_id IS NOT NULL;
CREATE INDEX one_time_tokens_age ON one_time_tokens (expires_at);
CREATE INDEX mails_due ON mails (next_try_at, seq);
CREATE INDEX opaque_tokens_session ON opaque_tokens (session_id);
CREATE INDEX imported_tokens_age ON imported_tokens (expires_at);
CREATE INDEX imported_tokens_user ON imported_tokens (user_id);
CREATE UNIQUE INDEX events_position ON events (position);
COMMIT;
