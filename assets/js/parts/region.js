// SPDX-License-Identifier: MIT
// One region of the page and its states: loading, content, empty, error, offline. Content stays while it is refreshed,
// and when a refresh fails it stays too, with one line above it that says so.

import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { explain, sentence } from '../errors.js';
import { t } from '../i18n.js';

const skeletonAfterMs = 150;
const offlineRetryMs = 5000;

export class Region {
  /** element: where the content goes. lines: how many grey lines stand for content that is loading. */
  constructor(element, { lines = 4 } = {}) {
    this.element = element;
    this.lines = lines;
    this.content = null;
    this.state = 'new';
    element.classList.add('region');
  }

  busy() {
    clearTimeout(this.timer);
    this.element.setAttribute('aria-busy', 'true');
    if (this.content || this.state === 'empty') return;
    this.state = 'loading';
    this.timer = setTimeout(() => replace(this.element, this.#skeleton()), skeletonAfterMs);
  }

  show(content) {
    this.#settle('content');
    this.stale?.remove();
    if (this.content === content) return;
    this.content = content;
    replace(this.element, content);
  }

  /** What to show when there is nothing: {title, hint, action}. */
  empty({ title, hint = '', action = null }) {
    this.#settle('empty');
    this.content = null;
    replace(this.element, h('div', { class: 'blank' }, h('p', { class: 'blank-title' }, title), hint && h('p', { class: 'blank-hint' }, hint), action));
  }

  fail(error, retry) {
    this.#settle(error.code === 'offline' ? 'offline' : 'error');
    if (error.code === 'offline') this.timer = setTimeout(() => this.element.isConnected && retry(), offlineRetryMs);
    const again = h('button', { type: 'button', onclick: retry }, icon('again'), t('common.retry'));
    if (this.content) {
      this.stale?.remove();
      this.stale = h('div', { class: 'stale', role: 'status' }, icon('alert'), h('span', { title: explain(error).raw || null }, t('region.stale', { why: sentence(error) })), again);
      this.element.prepend(this.stale);
      return;
    }
    const title = error.code === 'offline' ? t('region.offline') : t('region.error');
    replace(this.element, h('div', { class: 'blank blank-error', role: 'alert' }, h('p', { class: 'blank-title' }, icon('alert'), title),
      h('p', { class: 'blank-hint' }, sentence(error)), again, raw(error)));
  }

  #settle(state) {
    clearTimeout(this.timer);
    this.state = state;
    this.element.removeAttribute('aria-busy');
  }

  #skeleton() {
    const box = h('div', { class: 'skeleton', role: 'status' }, h('span', { class: 'visually-hidden' }, t('common.loading')));
    for (let i = 0; i < this.lines; i += 1) box.append(h('span', { class: `skeleton-line skeleton-${i % 3}` }));
    return box;
  }
}

/** The error as the server gave it, one click away. */
export function raw(error) {
  if (error.code === 'offline') return null;
  const text = [error.status, error.code, error.reason, error.message].filter(Boolean).join(' · ');
  return h('details', { class: 'raw' }, h('summary', {}, t('common.details')), h('code', {}, text));
}
