-- Who did it. Empty: nobody wrote that down then.
ALTER TABLE events ADD COLUMN actor TEXT NOT NULL DEFAULT '';

-- Where an event stands in the chain, and the HMAC, in hexadecimal digits, of all events up to it. What was recorded before is sealed like what is new.
ALTER TABLE events ADD COLUMN position INTEGER; -- NULL: not sealed yet
ALTER TABLE events ADD COLUMN hash TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX events_position ON events (position);

-- Events are pruned from the beginning of the chain, which needs no order by age.
DROP INDEX events_age;

-- The beginning and the end of the chain, each under a MAC. The rows are the locks for pruning and sealing.
CREATE TABLE chain (
	name     TEXT PRIMARY KEY NOT NULL,
	position INTEGER NOT NULL,
	hash     TEXT NOT NULL,
	mac      TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO chain (name, position, hash, mac) VALUES ('anchor', 0, '', ''), ('head', 0, '', '');
