// SPDX-License-Identifier: MIT
// How a target stands: its key (also its CSS class, its text key and its glyph's name), and the order in which the page
// shows them. Pure.

/** Trouble first, then what went well, then what is still to come. */
export const order = ['failed', 'unreachable', 'timed_out', 'lost', 'interrupted', 'cancelled', 'skipped', 'ok', 'running', 'waiting'];

export const trouble = new Set(['failed', 'unreachable', 'timed_out', 'lost', 'interrupted']);

export function standing(target) {
  if (target.state === 'finished') return target.outcome || 'interrupted';
  return target.state === 'running' ? 'running' : 'waiting';
}

/** A run's own key: what it came to, or how far it is. */
export function runStanding(run) {
  if (run.state === 'finished') return run.outcome || 'interrupted';
  return run.state === 'waiting' || run.state === 'paused' ? run.state : 'running';
}

/** Whether a target has ended, and not well: what a retry takes. */
export function endedBadly(target) {
  return target.state === 'finished' && target.outcome !== 'ok';
}

export function finishedCount(counts) {
  return order.reduce((sum, key) => sum + (key === 'running' || key === 'waiting' ? 0 : counts[key] || 0), 0);
}

/** How many have ended, and not well. */
export function badCount(counts) {
  return finishedCount(counts) - (counts.ok || 0);
}
