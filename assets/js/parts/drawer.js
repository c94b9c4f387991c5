// SPDX-License-Identifier: MIT
// One target's whole output beside the run. It is read by range from the server, so what is shown has no gaps; while the
// target runs, each event lets it read on, and the view follows the end as long as it is at the end.

import { freshId, h, nameOf, replace, setText } from '../dom.js';
import { bytes, clock, duration } from '../format.js';
import { icon } from '../icons.js';
import { t, wordFor } from '../i18n.js';
import { standing } from '../outcome.js';
import { pref, setPref } from '../prefs.js';
import { LineBuffer, plainText } from '../text_lines.js';
import { Request, serverNow } from '../ajax.js';
import { why } from '../errors.js';
import { explained } from './explained.js';
import { lineElement } from './output.js';
import { copyButton } from './fields.js';
import { VirtualList } from './virtual_list.js';
import { outcomeMark } from './outcome_bar.js';
import { keyLink, remedy } from './remedy.js';
import { fileLink, progressWords } from './transfer.js';

const pageBytes = 262144;
const lineHeightPx = 20;

export class Drawer {
  /** state: RunState. onMove(step): j, k and the arrows in the head. onClose(). */
  constructor({ state, onMove, onClose }) {
    Object.assign(this, { state, onMove, onClose });
    this.index = -1;
    const titleId = freshId('drawer');
    this.title = h('h2', { id: titleId, class: 'drawer-title' });
    this.facts = h('p', { class: 'drawer-facts number' });
    this.tools = h('div', { class: 'drawer-tools' });
    this.message = h('div', { class: 'drawer-message' });
    this.note = h('p', { class: 'drawer-note', role: 'status' });
    this.scroller = h('div', { class: 'drawer-output output', tabindex: 0, role: 'group', 'aria-label': t('output.label') });
    this.element = h('aside', { class: 'drawer', role: 'dialog', 'aria-labelledby': titleId, tabindex: -1, hidden: true },
      h('header', { class: 'drawer-head' }, this.title, h('span', { class: 'drawer-nav' },
        this.#button('left', t('drawer.previous'), () => this.onMove(-1)), this.#button('right', t('drawer.next'), () => this.onMove(1)), this.#button('close', t('common.close'), () => this.close()))),
      this.facts, this.message, this.tools, this.note, this.scroller);
    this.scroller.addEventListener('scroll', () => this.#maybeRead(), { passive: true });
  }

  get isOpen() {
    return this.index >= 0;
  }

  open(index) {
    if (index === this.index) return;
    this.#leave();
    this.index = index;
    this.element.hidden = false;
    this.buffer = new LineBuffer();
    this.after = 0;
    this.atEnd = false;
    this.follow = this.state.targets[index].state !== 'finished';
    this.#makeList();
    this.#head();
    this.element.focus({ preventScroll: true });
    this.#read();
  }

  close() {
    if (!this.isOpen) return;
    this.#leave();
    this.index = -1;
    this.element.hidden = true;
    this.onClose();
  }

  destroy() {
    this.#leave();
  }

  /** Events changed these targets or their output. */
  touch(indexes) {
    if (!indexes.has(this.index)) return;
    this.#head();
    this.atEnd = false;
    this.#maybeRead();
  }

  tick() {
    if (this.isOpen && this.state.targets[this.index].state === 'running') this.#facts(this.state.targets[this.index]);
  }

  #leave() {
    this.request?.abort();
    this.reading = false;
    this.list?.destroy();
    this.list = null;
    replace(this.scroller);
  }

  #button(name, label, onclick) {
    return h('button', { type: 'button', class: 'quiet square', 'aria-label': label, title: label, onclick }, icon(name));
  }

  #makeList() {
    this.list?.destroy();
    replace(this.scroller);
    const wrap = pref('wrap', true);
    this.scroller.classList.toggle('output-wrap', wrap);
    this.list = new VirtualList({
      scroller: this.scroller, rowHeight: lineHeightPx, variable: wrap,
      render: (at, element) => lineElement(this.buffer.lines[at], at + 1, element), key: (at) => at,
    });
    this.scroller.append(this.list.element);
    this.list.update(this.buffer.lines.length);
  }

  #head() {
    const target = this.state.targets[this.index];
    replace(this.title, outcomeMark(standing(target)), nameOf(target.host));
    this.#facts(target);
    const { text, raw } = why(target);
    const said = `${this.index} ${text} ${raw} ${target.remedy}`;
    if (this.said !== said) {
      this.said = said;
      replace(this.message, text && h('p', { class: `target-message ${target.outcome === 'ok' ? 'dim' : ''}` }, explained(target)), remedy([target.remedy]), keyLink(target));
      this.message.hidden = !text && !target.remedy;
    }
    const output = `/api/v1/runs/${this.state.run.id}/targets/${encodeURIComponent(target.host)}/output`;
    const download = (stream, size) => size > 0 && h('a', { class: 'button quiet', href: `${output}?raw=${stream}`, download: `run-${this.state.run.id}-${target.host}.${stream}` }, icon('download'), `${stream} ${bytes(size)}`);
    if (this.toolsFor === `${this.index}:${target.seq}`) return;
    this.toolsFor = `${this.index}:${target.seq}`;
    const wrap = h('button', { type: 'button', class: 'quiet', 'aria-pressed': String(pref('wrap', true)), onclick: () => {
      setPref('wrap', !pref('wrap', true));
      wrap.setAttribute('aria-pressed', String(pref('wrap', true)));
      this.#makeList();
    } }, icon('wrap'), t('output.wrap'));
    if (!this.tools.contains(document.activeElement)) {
      replace(this.tools, wrap, copyButton(() => this.buffer.lines.map((line) => plainText(line.text)).join('\n'), t('output.copy')), fileLink(this.state.run, target), download('stdout', target.stdout_bytes), download('stderr', target.stderr_bytes));
    }
  }

  #facts(target) {
    const time = target.state === 'running' && target.started_at ? clock(serverNow() - Date.parse(target.started_at)) : duration(target.duration_ms);
    setText(this.facts, [
      t(`outcome.${standing(target)}`), target.signal || (target.exit_code === null || target.exit_code === undefined ? '' : t('target.exit', { n: target.exit_code })), time,
      progressWords(target), this.state.run.batches?.count > 1 && t('target.batch', { n: target.batch + 1 }), target.address, target.login && t('preview.as', { login: target.login }), target.platform && wordFor('platform', target.platform),
    ].filter(Boolean).join(' · '));
  }

  #maybeRead() {
    if (this.isOpen && !this.reading && !this.atEnd && (this.follow || this.list.endsInView)) this.#read();
  }

  async #read() {
    const index = this.index;
    const target = this.state.targets[index];
    this.reading = true;
    this.element.setAttribute('aria-busy', 'true');
    const path = `/runs/${this.state.run.id}/targets/${encodeURIComponent(target.host)}/output`;
    const request = new Request(path, { parameters: { after: this.after, limit: pageBytes } });
    this.request = request;
    try {
      const { chunks, next, cursor } = await request;
      if (this.index !== index || this.request !== request) return;
      this.reading = false;
      this.element.removeAttribute('aria-busy');
      const wasAtEnd = this.list.endsInView;
      for (const chunk of chunks) this.buffer.push(chunk.stream, chunk.text);
      this.after = cursor ?? next ?? this.after;
      this.atEnd = next === null;
      this.list.update(this.buffer.lines.length);
      const live = this.state.targets[index].state !== 'finished';
      if (this.follow && live && wasAtEnd) this.list.reveal(this.buffer.lines.length - 1);
      this.#say(live);
      if (!this.atEnd && (chunks.length || next !== null)) this.#maybeRead();
    } catch (error) {
      if (error.code === 'aborted' || this.request !== request) return;
      this.reading = false;
      this.element.removeAttribute('aria-busy');
      replace(this.note, explained(error), ' ', h('button', { type: 'button', class: 'link', onclick: () => this.#read() }, t('common.retry')));
    }
  }

  #say(live) {
    const target = this.state.targets[this.index];
    if (target.cut_bytes > 0) setText(this.note, t('target.cut', { size: bytes(target.cut_bytes) }));
    else if (this.atEnd && !this.buffer.lines.length) setText(this.note, live ? t('target.waiting') : t('target.silent'));
    else setText(this.note, '');
  }
}
