-- Who wants to be told of what is done, and where.
CREATE TABLE hooks (
  id TEXT PRIMARY KEY,
  package TEXT REFERENCES packages (name) ON DELETE CASCADE,
  owner TEXT NOT NULL REFERENCES users (name),
  url TEXT NOT NULL,
  actions TEXT NOT NULL,
  secret TEXT NOT NULL,
  created BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  due DOUBLE PRECISION NOT NULL,
  disabled BIGINT,
  reason TEXT
);
CREATE INDEX hooks_by_package ON hooks (package);
-- What each of them was told, or is to be told.
CREATE TABLE deliveries (
  id {serial},
  hook TEXT NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
  event BIGINT,
  action TEXT NOT NULL,
  package TEXT,
  time BIGINT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  status BIGINT,
  message TEXT,
  ended BIGINT,
  body TEXT
);
CREATE INDEX deliveries_by_hook ON deliveries (hook, id);
CREATE INDEX deliveries_by_end ON deliveries (ended);
