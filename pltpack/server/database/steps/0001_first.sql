-- Who may do something.
CREATE TABLE users (
  name TEXT PRIMARY KEY,
  display TEXT NOT NULL,
  role TEXT NOT NULL,
  password TEXT,
  created BIGINT NOT NULL,
  disabled BIGINT
);
-- What they show instead of a password; only the digest is kept.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL REFERENCES users (name),
  label TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  packages TEXT NOT NULL,
  how TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT,
  used BIGINT,
  revoked BIGINT
);
CREATE INDEX tokens_by_owner ON tokens (owner);
-- Packages as their owners want them. What is in them is told by the archive of theirs.
CREATE TABLE packages (
  name TEXT PRIMARY KEY,
  folded TEXT NOT NULL UNIQUE,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  published BIGINT NOT NULL,
  fields TEXT NOT NULL,
  ring BIGINT NOT NULL,
  ring_by TEXT NOT NULL,
  archive TEXT,
  checksum TEXT,
  origin TEXT NOT NULL,
  yanked TEXT,
  removed BIGINT,
  purged BIGINT,
  added BIGINT NOT NULL,
  edited BIGINT NOT NULL
);
CREATE TABLE owners (
  package TEXT NOT NULL REFERENCES packages (name) ON DELETE CASCADE,
  owner TEXT NOT NULL REFERENCES users (name),
  PRIMARY KEY (package, owner)
);
CREATE INDEX owners_by_owner ON owners (owner);
-- Everything that a package was made of, with what was found in it.
CREATE TABLE archives (
  package TEXT NOT NULL REFERENCES packages (name) ON DELETE CASCADE,
  sha256 TEXT NOT NULL,
  sha1 TEXT NOT NULL,
  file TEXT NOT NULL,
  size BIGINT NOT NULL,
  facts TEXT NOT NULL,
  source TEXT NOT NULL,
  checksum TEXT,
  created BIGINT NOT NULL,
  actor TEXT,
  PRIMARY KEY (package, sha256)
);
-- How it goes with the sources that are looked at again and again.
CREATE TABLE checks (
  package TEXT PRIMARY KEY REFERENCES packages (name) ON DELETE CASCADE,
  host TEXT NOT NULL,
  state TEXT NOT NULL,
  etag TEXT,
  failures BIGINT NOT NULL,
  code TEXT,
  message TEXT,
  since BIGINT,
  checked BIGINT,
  due BIGINT NOT NULL
);
CREATE INDEX checks_by_due ON checks (due);
-- What was done, by whom; never changed.
CREATE TABLE events (
  id {serial},
  time BIGINT NOT NULL,
  package TEXT,
  action TEXT NOT NULL,
  actor TEXT,
  token TEXT,
  request TEXT,
  before TEXT,
  after TEXT,
  detail TEXT
);
CREATE INDEX events_by_package ON events (package, id);
-- What is to be done.
CREATE TABLE jobs (
  id {serial},
  kind TEXT NOT NULL,
  package TEXT,
  actor TEXT,
  payload TEXT NOT NULL,
  once TEXT,
  state TEXT NOT NULL,
  created BIGINT NOT NULL,
  due DOUBLE PRECISION NOT NULL,
  attempts BIGINT NOT NULL,
  worker TEXT,
  lease DOUBLE PRECISION,
  ended BIGINT,
  result TEXT,
  error TEXT
);
CREATE INDEX jobs_by_state ON jobs (state, due);
CREATE UNIQUE INDEX jobs_once ON jobs (once) WHERE state = 'queued';
-- How often somebody may try.
CREATE TABLE buckets (
  name TEXT PRIMARY KEY,
  filled DOUBLE PRECISION NOT NULL,
  time DOUBLE PRECISION NOT NULL
);
