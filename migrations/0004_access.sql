-- SPDX-License-Identifier: MIT
--
-- Who may do what, the keys they do it with, and the record of what they did.

-- sealed is AES-256-GCM under the key file beside the database.
CREATE TABLE credential (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  sealed BLOB NOT NULL,
  public_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL
);

-- password is scrypt's text, or empty: then only links and tokens open the door.
CREATE TABLE user (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
);

CREATE TABLE user_right (
  user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  right_name TEXT NOT NULL,
  PRIMARY KEY (user_id, right_name)
) WITHOUT ROWID;

-- Of sessions, tokens and links only the SHA-256 is here: who reads the file cannot sign in with it.
CREATE TABLE session (
  id_hash BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  by_link INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL,
  used_ms INTEGER NOT NULL
);
CREATE INDEX token_by_user ON token (user_id);

CREATE TABLE sign_in_link (
  code_hash BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  expires_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sign_in_link_by_user ON sign_in_link (user_id);

-- Each row's hash covers the hash before it. Rows are added and never touched again; the head, which is
-- changed with every row, tells when rows are missing at the end.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  user TEXT NOT NULL,
  via TEXT NOT NULL,
  peer TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  details TEXT NOT NULL,
  hash BLOB NOT NULL
);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
  BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
  BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;

CREATE TABLE audit_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id INTEGER NOT NULL,
  hash BLOB NOT NULL
);
INSERT INTO audit_head (one, id, hash) VALUES (1, 0, x'');
