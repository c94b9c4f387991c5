// SPDX-License-Identifier: MIT
// Saying things without moving anything: a polite live region for screen readers, and a short notice at the page's foot.

import { h, setText } from './dom.js';
import { icon } from './icons.js';
import { t } from './i18n.js';

const spoken = h('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
const notices = h('div', { class: 'notices', role: 'status', 'aria-live': 'polite' });
let pending = '';
let lastAt = 0;

export function startAnnouncing() {
  document.body.append(spoken, notices);
}

/** Speaks the newest text, at most once in three seconds. */
export function announce(text) {
  const idle = pending === '';
  pending = text;
  if (!idle) return;
  setTimeout(() => {
    setText(spoken, pending);
    pending = '';
    lastAt = Date.now();
  }, Math.max(0, lastAt + 3000 - Date.now()));
}

/** Shows a notice (text, or content) for some seconds: done, or what went wrong. action: {label, run}. */
export function notice(text, { kind = 'done', action = null } = {}) {
  const box = h('div', { class: `notice notice-${kind}` }, icon(kind === 'done' ? 'ok' : 'alert'), h('span', { class: 'notice-text' }, text));
  const close = () => box.remove();
  if (action) {
    box.append(h('button', { class: 'quiet', type: 'button', onclick: () => { close(); action.run(); } }, action.label));
  }
  box.append(h('button', { class: 'quiet square', type: 'button', 'aria-label': t('common.close'), onclick: close }, icon('close')));
  notices.append(box);
  setTimeout(close, kind === 'done' ? 5000 : 12000);
}
