// SPDX-License-Identifier: MIT
// Keys that work anywhere in a view. A view claims them while it is shown; letters typed into a field stay letters.
// Moving inside a list (j k, arrows) is the list's own business.

import { typing } from './dom.js';

const layers = [];

/** bindings: {'/': f, '.': f, 'Escape': f, 'Control+Enter': f}. A handler that returns false lets the key through. */
export function claimKeys(bindings) {
  layers.push(bindings);
  return () => {
    const at = layers.indexOf(bindings);
    if (at >= 0) layers.splice(at, 1);
  };
}

export function startKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const modified = event.ctrlKey || event.metaKey;
    if (event.altKey) return;
    if (!modified && typing(event.target) && event.key !== 'Escape') return;
    if (document.querySelector('dialog[open]')) return;
    const name = modified ? `Control+${event.key}` : event.key;
    for (let i = layers.length - 1; i >= 0; i -= 1) {
      const handler = layers[i][name];
      if (handler && handler(event) !== false) {
        event.preventDefault();
        return;
      }
    }
  });
}
