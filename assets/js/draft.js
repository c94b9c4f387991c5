// SPDX-License-Identifier: MIT
// The run that is being composed on the console: where the operator looks, which hosts are chosen, which module, which
// values. Kept for the browser tab, so that a reload or a look at another view loses nothing. Secret values are not kept.

import { batchesOf, noBatches } from './batches.js';
import { Selection } from './selection.js';

const key = 'omserver.draft';

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(key)) || {};
  } catch {
    return {};
  }
}

const stored = read();

export const draft = {
  category: stored.category ?? null,
  app: stored.app ?? null,
  selection: new Selection(stored.selection || []),
  /** What is composed: 'module', 'copy' or 'fetch'. */
  kind: stored.kind ?? 'module',
  module: stored.module ?? null,
  /** Values by module number, then by field name. */
  values: stored.values || {},
  /** What is typed for a file to distribute and to collect, and for the batches. */
  copy: stored.copy || {},
  fetch: stored.fetch || {},
  batches: { ...noBatches, ...stored.batches },
  /** The run whose result is on the screen, if any. */
  screen: stored.screen ?? null,
};

export function saveDraft(changes = {}) {
  Object.assign(draft, changes);
  try {
    sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // Without storage the draft lives as long as the page.
  }
}

/** The body of POST /preview and POST /runs; what: the part that says what to do. */
export function runRequest(what, { batched = true } = {}) {
  const batches = batched ? batchesOf(draft.batches) : null;
  return { ...what, select: { hosts: draft.selection.names() }, ...(batches && { batches }) };
}

/** What a run was, to be composed again, with these hosts: pairs of name and where it comes from. */
export function backToConsole(run, pairs) {
  const changes = { selection: new Selection(pairs) };
  if (run.module) {
    const values = Object.fromEntries((run.parameters || []).filter((one) => !one.secret).map((one) => [one.name, one.value]));
    Object.assign(changes, { kind: 'module', module: run.module.id, values: { ...draft.values, [run.module.id]: values } });
  } else if ((run.kind === 'copy' || run.kind === 'fetch') && run.spec) {
    Object.assign(changes, { kind: run.kind, [run.kind]: { ...run.spec } });
  }
  saveDraft(changes);
}
