-- Whether the session that a token of the other system opens outlives the browser. Refresh tokens always did.
ALTER TABLE imported_tokens ADD COLUMN remember boolean NOT NULL DEFAULT true;
