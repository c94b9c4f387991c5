// SPDX-License-Identifier: MIT
// The targets of a run, one line each, with the output under those that are unfolded. It scrolls with the view. The
// focus is on real buttons: the fold and the line itself, which opens the whole output; j and k move between lines.

import { h, nameOf, replace, set, setText } from '../dom.js';
import { bytes, clock, duration } from '../format.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { why } from '../errors.js';
import { standing } from '../outcome.js';
import { kindOf } from '../run_words.js';
import { LineBuffer, plainText } from '../text_lines.js';
import { Request, serverNow } from '../ajax.js';
import { keptLines } from '../store.js';
import { explained } from './explained.js';
import { cardLetters, outputBlock } from './output.js';
import { keyLink, remedy } from './remedy.js';
import { fileLink, filled, progressWords } from './transfer.js';
import { VirtualList } from './virtual_list.js';

/** With at most so many targets, all start unfolded. */
const unfoldedUpTo = 6;
const excerptBytes = 16384;

export class TargetList {
  /** state: RunState; scroller: the view's; onOpen(index). */
  constructor({ state, scroller, onOpen }) {
    Object.assign(this, { state, onOpen });
    this.shown = [];
    this.active = -1;
    this.folds = new Map();
    this.printing = kindOf(state.run) === 'module';
    this.allOpen = state.run.total <= unfoldedUpTo && (this.printing || state.run.kind === 'fetch');
    this.excerpts = new Map();
    this.parts = new WeakMap();
    this.element = h('div', { class: 'targets', role: 'list', 'aria-label': t('run.targets') });
    this.list = new VirtualList({
      scroller, element: this.element, rowHeight: 33, variable: true,
      render: (index, element) => this.#row(this.shown[index], index, element), key: (index) => this.shown[index],
    });
  }

  destroy() {
    this.list.destroy();
  }

  /** Shows these targets (indexes into the run), in this order. */
  show(indexes) {
    this.shown = indexes;
    this.list.update(indexes.length);
  }

  touch(indexes) {
    const rows = [];
    for (const row of this.list.rows.values()) if (indexes.has(this.shown[row.index])) rows.push(row.index);
    this.list.touch(rows);
  }

  /** Once a second: the clocks of what is running. */
  tick() {
    for (const row of this.list.rows.values()) {
      const target = this.state.targets[this.shown[row.index]];
      if (target?.state === 'running') setText(this.parts.get(row.element).time, elapsed(target));
    }
  }

  /** Moves the focus by some lines and returns the target's index, or -1. */
  move(step) {
    if (!this.shown.length) return -1;
    this.focusAt(Math.max(0, Math.min(this.shown.length - 1, this.active + step)));
    return this.shown[this.active];
  }

  focusAt(position) {
    this.active = position;
    this.list.reveal(position);
    const row = this.list.rowAt(position);
    if (row) this.parts.get(row).open.focus({ preventScroll: true });
  }

  focusTarget(index) {
    const position = this.shown.indexOf(index);
    if (position >= 0) this.focusAt(position);
  }

  get isOpenAll() {
    return this.allOpen;
  }

  foldAll(open) {
    this.allOpen = open;
    this.folds.clear();
    this.list.update(this.shown.length);
  }

  #isOpen(index) {
    return this.folds.get(index) ?? this.allOpen;
  }

  #row(index, position, element) {
    const target = this.state.targets[index];
    const row = element || this.#make();
    const parts = this.parts.get(row);
    const key = standing(target);
    const open = this.#isOpen(index);
    parts.index = index;
    parts.position = position;
    set(row, { 'aria-setsize': this.shown.length, 'aria-posinset': position + 1 });
    row.className = `target virtual-row outcome-${key} ${open ? 'target-unfolded' : ''}`;
    if (parts.key !== key) {
      parts.key = key;
      replace(parts.mark, icon(key), h('span', { class: 'target-word' }, t(`outcome.${key}`)));
    }
    if (parts.host !== target.host) {
      parts.host = target.host;
      replace(parts.name, nameOf(target.host));
      set(parts.fold, { 'aria-label': t('target.fold', { host: target.host }) });
    }
    setText(parts.address, target.address || '');
    setText(parts.exit, target.state !== 'finished' ? '' : target.signal ? target.signal : target.exit_code ? t('target.exit', { n: target.exit_code }) : '');
    setText(parts.time, elapsed(target));
    setText(parts.last, progressWords(target) || (open ? '' : lastWords(target)));
    row.style.setProperty('--filled', filled(target));
    set(parts.last, { title: open ? null : why(target).raw || null });
    set(parts.fold, { 'aria-expanded': String(open) });
    this.#body(target, parts, open);
    return row;
  }

  #make() {
    const parts = {
      mark: h('span', { class: 'mark target-mark' }), name: h('span', { class: 'target-name' }), address: h('span', { class: 'target-address' }),
      exit: h('span', { class: 'target-exit number' }), time: h('span', { class: 'target-time number' }), last: h('span', { class: 'target-last mono' }),
      body: h('div', { class: 'target-body' }), index: -1, position: -1, key: '', host: '', drawn: '',
    };
    parts.fold = h('button', { type: 'button', class: 'target-fold', onclick: () => {
      this.folds.set(parts.index, !this.#isOpen(parts.index));
      this.list.touch([parts.position]);
    } }, icon('right'));
    parts.open = h('button', { type: 'button', class: 'target-open', onclick: () => {
      this.active = parts.position;
      this.onOpen(parts.index);
    }, onfocus: () => { this.active = parts.position; }, onkeydown: (event) => {
      const fold = event.key === 'ArrowRight' ? true : event.key === 'ArrowLeft' ? false : event.key === ' ' ? !this.#isOpen(parts.index) : null;
      if (fold === null) return;
      event.preventDefault();
      this.folds.set(parts.index, fold);
      this.list.touch([parts.position]);
    } }, parts.mark, parts.name, parts.address, parts.exit, parts.time, parts.last);
    const row = h('div', { class: 'target', role: 'listitem' }, h('div', { class: 'target-head' }, parts.fold, parts.open), parts.body);
    this.parts.set(row, parts);
    return row;
  }

  #body(target, parts, open) {
    if (!open) {
      parts.body.hidden = true;
      parts.drawn = '';
      replace(parts.body);
      return;
    }
    parts.body.hidden = false;
    const held = this.#held(target);
    const more = held.more || held.lines.some((line) => line.text.length > cardLetters);
    const stamp = `${target.index}:${target.seq}:${target.state}:${held.stamp}`;
    if (parts.drawn === stamp) return;
    parts.drawn = stamp;
    const message = why(target).text;
    const total = (target.stdout_bytes || 0) + (target.stderr_bytes || 0);
    const nothing = this.printing && !held.lines.length && !message && target.state === 'finished' && !held.loading;
    replace(parts.body,
      message && h('p', { class: 'target-message' }, explained(target)),
      remedy([target.remedy]), keyLink(target), fileLink(this.state.run, target),
      more && held.fromEnd && this.#more(target, t('target.tail', { n: held.lines.length })),
      held.lines.length > 0 && outputBlock(held.lines),
      more && !held.fromEnd && this.#more(target, t('target.head', { size: bytes(total) })),
      target.cut_bytes > 0 && h('p', { class: 'target-cut' }, t('target.cut', { size: bytes(target.cut_bytes) })),
      held.loading && h('p', { class: 'dim' }, t('common.loading')),
      held.failed && h('p', { class: 'dim' }, t('target.unread')),
      nothing && h('p', { class: 'dim' }, t('target.silent')));
  }

  #more(target, text) {
    return h('button', { type: 'button', class: 'link target-more', onclick: () => this.onOpen(target.index) }, text);
  }

  /** What to show of a target's output: the live tail when there was one, else an excerpt read once. */
  #held(target) {
    const tail = this.state.tail(target.index);
    if (tail.lines.length) return { ...tail, fromEnd: true, stamp: `${tail.lines.length}:${tail.lines.at(-1).text.length}:${target.seq}` };
    const total = (target.stdout_bytes || 0) + (target.stderr_bytes || 0);
    if (!total) return { lines: [], more: false, stamp: '' };
    const excerpt = this.excerpts.get(target.index);
    if (excerpt) return excerpt;
    this.#read(target);
    return this.excerpts.get(target.index);
  }

  async #read(target) {
    this.excerpts.set(target.index, { lines: [], more: false, loading: true, stamp: 'loading' });
    const path = `/runs/${this.state.run.id}/targets/${encodeURIComponent(target.host)}/output`;
    let excerpt;
    try {
      const { chunks, next } = await new Request(path, { parameters: { limit: excerptBytes } });
      const buffer = new LineBuffer();
      for (const chunk of chunks) buffer.push(chunk.stream, chunk.text);
      const lines = buffer.lines.slice(0, keptLines);
      excerpt = { lines, more: next !== null || buffer.lines.length > lines.length, stamp: 'read' };
    } catch {
      excerpt = { lines: [], more: false, failed: true, stamp: 'failed' };
    }
    this.excerpts.set(target.index, excerpt);
    this.touch(new Set([target.index]));
  }
}

function elapsed(target) {
  if (target.state === 'running' && target.started_at) return clock(serverNow() - Date.parse(target.started_at));
  return target.state === 'finished' ? duration(target.duration_ms) : '';
}

function lastWords(target) {
  return why(target).text || plainText(target.last_line);
}
