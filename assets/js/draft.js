// SPDX-License-Identifier: MIT
// The run that is being composed on the console: where the operator looks, which hosts are chosen, which module, which
// values. Kept for the browser tab, so that a reload or a look at another view loses nothing. Secret values are not kept.

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
  module: stored.module ?? null,
  /** Values by module number, then by field name. */
  values: stored.values || {},
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

/** The body of POST /preview and POST /runs. */
export function runRequest(values) {
  return { module: draft.module, select: { hosts: draft.selection.names() }, parameters: values };
}
