-- SPDX-License-Identifier: MIT
--
-- The journal: runs, their targets and what came out of them. One counter, seq, per run numbers every
-- change of a target and every chunk of output, so that "what is new since N" is one range.

CREATE TABLE source (
  sha256 TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
);

CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  module_number INTEGER NOT NULL,
  module_name TEXT NOT NULL,
  module_name_en TEXT NOT NULL,
  risk TEXT NOT NULL,
  user TEXT NOT NULL,
  via TEXT NOT NULL,
  platform TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT,
  created_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  total INTEGER NOT NULL,
  waiting INTEGER NOT NULL,
  running INTEGER NOT NULL,
  ok INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  unreachable INTEGER NOT NULL,
  timed_out INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  interrupted INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  concurrency INTEGER NOT NULL,
  timeout_s INTEGER NOT NULL,
  source_path TEXT NOT NULL,
  source_sha256 TEXT NOT NULL,
  idempotency_key TEXT
);
CREATE UNIQUE INDEX run_by_idempotency_key ON run (user, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX run_unfinished ON run (id) WHERE state <> 'finished';

CREATE TABLE run_parameter (
  run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL CHECK (secret = 0 OR value = ''),
  secret INTEGER NOT NULL,
  PRIMARY KEY (run_id, position)
) WITHOUT ROWID;

CREATE TABLE target (
  run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  host_id INTEGER NOT NULL,
  host TEXT NOT NULL,
  address TEXT NOT NULL,
  login TEXT NOT NULL,
  platform TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT,
  exit_code INTEGER,
  signal TEXT NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  stdout_bytes INTEGER NOT NULL,
  stderr_bytes INTEGER NOT NULL,
  cut_bytes INTEGER NOT NULL,
  last_line TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (run_id, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX target_by_host ON target (run_id, host);
CREATE INDEX target_by_seq ON target (run_id, seq);

-- id is run_id * 2^32 + seq: chunks lie in the order in which they came, one b-tree does for "everything
-- after N", and an index entry (run_id, position, id) already is "of this target after N".
CREATE TABLE output (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  stream INTEGER NOT NULL CHECK (stream IN (1, 2)),
  bytes BLOB NOT NULL
);
CREATE INDEX output_by_target ON output (run_id, position);
