-- Schema 3, with a sign-up and a sign-in: dumped by sqlite3 from a database of the server at commit de9c90e, whose master key was authtest.Master.
-- refresh: eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCIsImtpZCI6ImZkOWNlYTg3In0.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImlzcyI6Imh0dHA6Ly8xMjcuMC4wLjE6ODA4MCIsInN1YiI6IjAxYTIxMGZiLTNmYmUtN2FlMy1iODFiLTUzMjUyODNhZDBlOSIsInVzZXJfaWQiOiIwMWEyMTBmYi0zZmJlLTdhZTMtYjgxYi01MzI1MjgzYWQwZTkiLCJzaWQiOiJhMDVjMWYyNWQyNDM2MjM4M2U5YjcxOTU1YzQ1YThiMiIsImp0aSI6IjIyNTM4ODMzODBhNGRhOTk1Y2ZkNThiNDFhZjg4ZTJhIiwicGFyZW50IjoiMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAiLCJnZW5lcmF0aW9uIjoxLCJpYXQiOjE3OTU1ODEyMzEsImV4cCI6MTc5Njc5MDgzMSwiYm9ybl9hdCI6MTc5NTU4MTIzMTQ2Nn0.c_xaBTMR4gDcj-CPgberne1-onQE0KDd1ELH7KjaJQQ
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number bigint NOT NULL PRIMARY KEY, name text NOT NULL, taken_at bigint NOT NULL);
INSERT INTO migrations VALUES(1,'0001_first',1795581230575);
INSERT INTO migrations VALUES(2,'0002_account_life',1795581230592);
INSERT INTO migrations VALUES(3,'0003_imports',1795581230599);
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
INSERT INTO users VALUES('01a210fb-3fbe-7ae3-b81b-5325283ad0e9','ada','ada@example.com','ada@example.com','','','$argon2id$v=19$m=19456,t=2,p=1,norm=trim-nfc$YhdgHyuIhJ+W82mY9Yfidg$WI5LpY+w+J7a52vSLhFzkxzupXvRxXBZKUegdD3/Tmg',1,0,0,1795581231038,1795581231466,NULL,'','',0);
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
INSERT INTO sessions VALUES(X'a05c1f25d24362383e9b71955c45a8b2','01a210fb-3fbe-7ae3-b81b-5325283ad0e9',X'2253883380a4da995cfd58b41af88e2a',X'00000000000000000000000000000000',0,1795581231466,1795581231466,1209600000,1796790831466,1803357231466,1,'password','','curl/7.88.1','127.0.0.1',NULL,'');
CREATE TABLE signing_keys (
	id         TEXT PRIMARY KEY NOT NULL,
	algorithm  TEXT NOT NULL,
	state      TEXT NOT NULL,
	sealed     BLOB NOT NULL, -- under the master key, which is never in here
	created_at INTEGER NOT NULL,
	state_at   INTEGER NOT NULL
);
INSERT INTO signing_keys VALUES('np_NorHpMn56i7_MEva-DA','ES256','active',X'01fd9cea87d3ab04c412aa3f0e1aa6d77170183f7afe28a2a46bd7fcb8454c18e26327f657b6fa30b1beb35683d5d7ad6e2b83427d59f760e53f672a6ac6db655308734c6f6c3bbb00a681b351d4f28cc5d39debf481790b2f287861b905d056d0aa7d6200ec003d25d97ff93ad049222def315e2375935e9da5f3cc4cb65fe7cc3e5a760c8a416670c469edac8741179cb8976d6a4ff9e32948da78de4220c285f7c1f6c505bde71cc5b3',1795581230612,1795581230612);
INSERT INTO signing_keys VALUES('Po-1b0KUebPSw7SNi11sDg','ES256','pending',X'01fd9cea876a81a84aa9b19b1e088b6e1475b370c2e6debcdb0dab055f9eea7bd8b0adf7d6c7e3665c7d72125a96e94c03503f96e82b73c8bad188f6f5bda895cb841ac96551c8c9f8c930fe4d375e555923331ae747142ff1dbb1527320fb8b8794cc4a30056b4764627f4b06a5da781bf9764e54bff883fcff846ec52519983eaf5f698ac4a0fbb25a905880be8cee5911269c7dc8ccfe25518504b0f906cc43edf314b798d5654da522',1795581230612,1795581230612);
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
);
INSERT INTO events VALUES(1,'user.created',1795581231038,'01a210fb-3fbe-7ae3-b81b-5325283ad0e9',NULL,'','127.0.0.1','curl/7.88.1','oaX5CTWoBKOVMaMP');
INSERT INTO events VALUES(2,'login.succeeded',1795581231466,'01a210fb-3fbe-7ae3-b81b-5325283ad0e9',X'a05c1f25d24362383e9b71955c45a8b2','password','127.0.0.1','curl/7.88.1','LU5OPwpVqUDT91wJ');
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
	session_id BLOB, -- the session that it opened; NULL: none yet
	PRIMARY KEY (kind, hash)
) WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('events',2);
CREATE INDEX users_email ON users (email_key);
CREATE INDEX users_order ON users (length(id), id);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_age ON sessions (created_at, id);
CREATE INDEX revocations_age ON revocations (stored_at);
CREATE INDEX events_age ON events (at);
CREATE INDEX events_user ON events (user_id, seq) WHERE user_id IS NOT NULL;
CREATE INDEX events_session ON events (session_id, seq) WHERE session_id IS NOT NULL;
CREATE INDEX one_time_tokens_age ON one_time_tokens (expires_at);
CREATE INDEX mails_due ON mails (next_try_at, seq);
CREATE INDEX opaque_tokens_session ON opaque_tokens (session_id);
CREATE INDEX imported_tokens_age ON imported_tokens (expires_at);
CREATE INDEX imported_tokens_user ON imported_tokens (user_id);
COMMIT;
