-- Who has signed in with a password; only the digest of what their browser shows is kept.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL REFERENCES users (name),
  digest TEXT NOT NULL UNIQUE,
  created BIGINT NOT NULL,
  used BIGINT NOT NULL
);
CREATE INDEX sessions_by_owner ON sessions (owner);
-- Codes that were asked for by mail, one an address, in small letters; only the digest is kept.
CREATE TABLE codes (
  address TEXT PRIMARY KEY,
  sent_to TEXT,
  digest TEXT,
  asked BIGINT NOT NULL,
  sent BIGINT,
  tries BIGINT NOT NULL
);
-- Addresses are the same in capitals, and no two people show one name.
CREATE INDEX users_by_folded_name ON users (lower(name));
CREATE UNIQUE INDEX users_by_display ON users (lower(display)) WHERE display <> '';
