-- Builds that may push without a secret of their own; of a package that need not be there yet.
CREATE TABLE publishers (
  id TEXT PRIMARY KEY,
  package TEXT NOT NULL,
  forge TEXT NOT NULL,
  issuer TEXT NOT NULL,
  repository TEXT NOT NULL,
  workflow TEXT NOT NULL,
  ref TEXT,
  environment TEXT,
  number TEXT,
  maker TEXT NOT NULL REFERENCES users (name),
  created BIGINT NOT NULL,
  used BIGINT
);
CREATE INDEX publishers_by_package ON publishers (package);
-- Id tokens that were used, until they are no good any more.
CREATE TABLE id_tokens (
  issuer TEXT NOT NULL,
  number TEXT NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (issuer, number)
);
CREATE INDEX id_tokens_by_expires ON id_tokens (expires);
