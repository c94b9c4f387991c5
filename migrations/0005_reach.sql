-- SPDX-License-Identifier: MIT
--
-- How hosts are reached (become, passwords, certificates, old servers), keys that wait for somebody's
-- word, and runs that are more than a module on all targets at once.

-- become_method: sudo (or empty), su, doas. become_credential names a credential of kind password.
ALTER TABLE host ADD COLUMN become_method TEXT NOT NULL DEFAULT '';
ALTER TABLE host ADD COLUMN become_credential TEXT NOT NULL DEFAULT '';
ALTER TABLE host ADD COLUMN legacy_algorithms INTEGER NOT NULL DEFAULT 0;

-- The OpenSSH user certificate that goes with a private key: public, one line, or empty.
ALTER TABLE credential ADD COLUMN certificate TEXT NOT NULL DEFAULT '';

-- Host keys that a server showed and that nobody has judged yet: accepted (recorded because unknown keys
-- are), unknown (refused because they are not), changed, only_ca. The truth is known_hosts; this is the
-- list to go through. `name` is as known_hosts writes it, "web3" or "[web3]:2222".
CREATE TABLE host_key_seen (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  blob BLOB NOT NULL,
  fingerprint TEXT NOT NULL,
  known_fingerprint TEXT NOT NULL,
  verdict TEXT NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  UNIQUE (name, algorithm, blob)
);

-- kind: module, check, copy, fetch. spec: what a run of another kind than module does, as JSON.
-- batches: how the targets are split and when to stop, as JSON; empty for all at once.
ALTER TABLE run ADD COLUMN kind TEXT NOT NULL DEFAULT 'module';
ALTER TABLE run ADD COLUMN spec TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN batches TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN paused_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE target ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE target ADD COLUMN done_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE target ADD COLUMN total_bytes INTEGER NOT NULL DEFAULT 0;
-- One line to paste that finds out more or removes the cause, or empty.
ALTER TABLE target ADD COLUMN remedy TEXT NOT NULL DEFAULT '';
