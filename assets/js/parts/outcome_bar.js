// SPDX-License-Identifier: MIT
// A run's outcomes: one bar with a segment for each, and under it toggles with glyph, word and count that filter what is
// shown. tinyBar() is the same in miniature for lists of runs.

import { h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { finishedCount, order } from '../outcome.js';
import { t } from '../i18n.js';

export class OutcomeBar {
  /** onFilter(keys: Set) when a toggle is pressed. */
  constructor(onFilter) {
    this.onFilter = onFilter;
    this.keys = new Set();
    this.segments = new Map();
    this.bar = h('div', { class: 'bar', 'aria-hidden': 'true' });
    this.toggles = h('div', { class: 'toggles', role: 'group', 'aria-label': t('run.filter') });
    this.element = h('div', { class: 'outcomes' }, this.bar, this.toggles);
  }

  update(counts) {
    for (const key of order) {
      const count = counts[key] || 0;
      let segment = this.segments.get(key);
      if (!count && !segment) continue;
      if (!segment) {
        segment = this.#make(key);
        this.segments.set(key, segment);
        this.#insert(key, segment);
      }
      segment.part.style.flexGrow = String(count);
      segment.part.hidden = count === 0;
      setText(segment.count, String(count));
      segment.toggle.hidden = count === 0 && !this.keys.has(key) && segment.toggle !== document.activeElement;
    }
  }

  /** Shows only these keys (none: all). */
  filter(keys) {
    this.keys = keys;
    for (const [key, segment] of this.segments) {
      segment.toggle.setAttribute('aria-pressed', String(keys.has(key)));
      segment.part.classList.toggle('faded', keys.size > 0 && !keys.has(key));
    }
    this.onFilter(keys);
  }

  #make(key) {
    const count = h('b', { class: 'number' });
    const toggle = h('button', { type: 'button', class: `toggle outcome-${key}`, 'aria-pressed': 'false', onclick: () => {
      const keys = new Set(this.keys);
      if (!keys.delete(key)) keys.add(key);
      this.filter(keys);
    } }, icon(key), count, h('span', {}, t(`outcome.${key}`)));
    return { part: h('span', { class: `bar-part outcome-${key}` }), toggle, count };
  }

  #insert(key, segment) {
    const later = order.slice(order.indexOf(key) + 1).map((other) => this.segments.get(other)).find(Boolean);
    this.toggles.insertBefore(segment.toggle, later?.toggle ?? null);
    this.bar.insertBefore(segment.part, later?.part ?? null);
  }
}

/** A short text of the same: "35 ok, 2 failed". */
export function countsText(counts) {
  return order.filter((key) => counts[key] > 0).map((key) => `${counts[key]} ${t(`outcome.${key}`)}`).join(t('common.comma'));
}

export function tinyBar(run) {
  const counts = run.counts || {};
  const bar = h('span', { class: 'bar bar-tiny', role: 'img', 'aria-label': countsText(counts), title: countsText(counts) });
  for (const key of order) {
    if (!counts[key]) continue;
    const part = h('span', { class: `bar-part outcome-${key}` });
    part.style.flexGrow = String(counts[key]);
    bar.append(part);
  }
  return bar;
}

/** Glyph and word of an outcome. */
export function outcomeMark(key, { word = false } = {}) {
  return h('span', { class: `mark outcome-${key}` }, icon(key, word ? '' : t(`outcome.${key}`)), word && h('span', {}, t(`outcome.${key}`)));
}

export function progressText(run) {
  return t('run.progress', { done: finishedCount(run.counts || {}), total: run.total });
}
