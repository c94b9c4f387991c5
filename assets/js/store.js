// SPDX-License-Identifier: MIT
// The state of one run, made from what the server tells: the run, its targets, then batches of events. Pure: no page, no
// network, no clock. Batches may repeat or overlap after a reconnect; what is older than what is held is ignored.

import { LineBuffer } from './text_lines.js';
import { order, standing, trouble } from './outcome.js';

/** Lines kept of each target's live output; the whole is read from the server. */
export const keptLines = 40;

export class RunState {
  constructor(run) {
    this.run = run;
    this.seq = run.seq || 0;
    this.targets = [];
    this.byHost = new Map();
    this.tails = new Map();
    this.ended = run.state === 'finished';
  }

  /** Where the next page of targets starts, or null when all are here. */
  get missingAfter() {
    return this.targets.length < this.run.total ? this.targets.length - 1 : null;
  }

  /** Puts a page of targets (in request order) in place. Returns the changed indexes. */
  load(targets) {
    const changed = new Set();
    for (const target of targets) if (this.#put(target)) changed.add(target.index);
    return changed;
  }

  /** Takes one batch. Returns {targets: indexes changed, output: indexes with new output, run: whether the run changed}. */
  apply(batch) {
    const changes = { targets: new Set(), output: new Set(), run: false };
    for (const piece of batch.output || []) {
      if (piece.seq <= this.seq) continue;
      this.#tail(piece);
      changes.output.add(piece.index);
    }
    for (const target of batch.targets || []) if (this.#put(target)) changes.targets.add(target.index);
    if (batch.run && batch.seq >= this.seq) {
      this.run = { ...this.run, ...batch.run };
      changes.run = true;
    }
    if (batch.seq > this.seq) this.seq = batch.seq;
    this.run.seq = this.seq;
    if (this.run.state === 'finished') this.ended = true;
    return changes;
  }

  /** The run as a fresh GET gave it. */
  replace(run) {
    this.run = { ...this.run, ...run };
    this.seq = Math.max(this.seq, run.seq || 0);
    this.ended = this.run.state === 'finished';
  }

  #put(target) {
    const held = this.targets[target.index];
    if (held && held.seq > target.seq) return false;
    this.targets[target.index] = held ? { ...held, ...target } : target;
    this.byHost.set(target.host, target.index);
    return true;
  }

  #tail(piece) {
    let tail = this.tails.get(piece.index);
    if (!tail) {
      tail = { buffer: new LineBuffer(keptLines), gap: false };
      this.tails.set(piece.index, tail);
    }
    if (piece.gap) {
      tail.gap = true;
      tail.buffer.gap();
    }
    tail.buffer.push(piece.stream, piece.text || '');
  }

  /** The newest lines of a target: {lines, more: whether older ones were left out}. */
  tail(index) {
    const tail = this.tails.get(index);
    if (!tail) return { lines: [], more: false };
    const lines = tail.buffer.lines.slice(-keptLines);
    return { lines, more: tail.gap || tail.buffer.dropped > 0 || tail.buffer.lines.length > lines.length };
  }

  counts() {
    return this.run.counts || {};
  }

  /** [{key, count}] of what there is, trouble first. */
  segments() {
    const counts = this.counts();
    return order.filter((key) => counts[key] > 0).map((key) => ({ key, count: counts[key] }));
  }

  /** Indexes of targets whose standing is in keys (a Set; empty means all) and whose name or address holds the text. */
  shown(keys, text = '') {
    const wanted = text.trim().toLowerCase();
    const indexes = [];
    for (const target of this.targets) {
      if (!target) continue;
      if (keys.size && !keys.has(standing(target))) continue;
      if (wanted && !`${target.host}\n${target.address}`.toLowerCase().includes(wanted)) continue;
      indexes.push(target.index);
    }
    return indexes;
  }

  troubled() {
    return this.targets.filter((target) => target && trouble.has(standing(target)));
  }
}

/** Milliseconds still to go, from the pace so far; null when nothing sensible can be said. */
export function remaining(elapsedMs, done, total) {
  if (done < 5 || done < total * 0.05 || done >= total || elapsedMs < 3000) return null;
  return (elapsedMs / done) * (total - done);
}
