// SPDX-License-Identifier: MIT
// A run and its results: the header, the outcome bar, the wall, the targets with their output, the drawer. The state
// comes from store.js; this file only shows it. Order of loading: the run (its seq is where the stream starts), then the
// targets, then events, so nothing between them is missed.

import { h, replace, setText } from '../dom.js';
import { clock, duration, moment } from '../format.js';
import { icon } from '../icons.js';
import { language, t, wordFor } from '../i18n.js';
import { announce, notice } from '../announce.js';
import { claimKeys } from '../keys.js';
import { draft, saveDraft } from '../draft.js';
import { finishedCount, runStanding, standing } from '../outcome.js';
import { go } from '../router.js';
import { Request, serverNow } from '../ajax.js';
import { RunState, remaining } from '../store.js';
import { Selection } from '../selection.js';
import { Batcher, Stream } from '../stream.js';
import { sentence } from '../errors.js';
import { Chips } from '../parts/chips.js';
import { Drawer } from '../parts/drawer.js';
import { explained } from '../parts/explained.js';
import { copyButton } from '../parts/fields.js';
import { countsText, OutcomeBar, outcomeMark, progressText } from '../parts/outcome_bar.js';
import { Region } from '../parts/region.js';
import { riskMark } from '../parts/risk.js';
import { moduleTitle } from '../parts/run_row.js';
import { TargetList } from '../parts/target_list.js';
import { Wall } from '../parts/wall.js';

const pageTargets = 1000;
/** Fewer targets than this are seen at a glance without a wall. */
const wallFrom = 13;
const armedMs = 3000;
const drawerCovers = matchMedia('(max-width: 899px)');

/** A run that was just started, handed over by the console so that its page appears at once. */
let handed = null;
export function handOver(run) {
  handed = run;
}

export class RunView {
  constructor(root, { id }) {
    this.root = root;
    this.id = id;
    this.text = '';
    this.keys = new Set();
    this.element = h('div', { class: 'run-view' });
    root.append(this.element);
    this.region = new Region(this.element, { lines: 6 });
    this.release = claimKeys({
      j: () => this.#move(1), k: () => this.#move(-1), '/': () => this.filter?.focus(), f: () => this.#failedOnly(), '.': () => this.#stopKey(),
      Escape: () => this.#escape(), r: () => this.#retry(), e: () => this.#fold(),
    });
    this.timer = setInterval(() => this.#tick(), 1000);
    this.onVisibility = () => this.#visibility();
    document.addEventListener('visibilitychange', this.onVisibility);
    const known = handed?.id === id ? handed : null;
    handed = null;
    this.#load(known);
  }

  get title() {
    return t('run.title', { id: this.id });
  }

  destroy() {
    this.gone = true;
    clearInterval(this.timer);
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.release();
    this.stream?.close();
    this.list?.destroy();
    this.wall?.destroy();
    this.drawer?.destroy();
  }

  async #load(known) {
    this.region.busy();
    try {
      const run = known || (await new Request(`/runs/${this.id}`)).run;
      if (this.gone) return;
      this.state = new RunState(run);
      await this.#targets();
      if (this.gone) return;
    } catch (error) {
      if (this.gone || error.code === 'aborted') return;
      if (error.code === 'not_found') this.region.empty({ title: t('run.missing', { id: this.id }), hint: t('run.missing_hint'), action: h('a', { class: 'button', href: '/runs' }, t('nav.runs')) });
      else this.region.fail(error, () => this.#load(null));
      return;
    }
    this.#build();
    if (!this.state.ended && !document.hidden) this.#follow();
  }

  /** A tab nobody sees gives its stream back: a browser has only six connections to a server, and each tab may hold one. */
  #visibility() {
    if (!this.list || this.state.ended) return;
    if (!document.hidden) {
      if (!this.stream) this.#follow();
      return;
    }
    this.stream?.close();
    this.stream = null;
  }

  async #targets() {
    while (this.state.missingAfter !== null) {
      const after = this.state.missingAfter;
      const { targets } = await new Request(`/runs/${this.id}/targets`, { parameters: { after: after < 0 ? null : after, limit: pageTargets } });
      this.state.load(targets);
      if (!targets.length) return;
    }
  }

  #follow() {
    const batcher = new Batcher((batches) => this.#apply(batches));
    this.stream = new Stream(`/runs/${this.id}/events`, {
      after: this.state.seq,
      onBatch: (batch) => batcher.add(batch),
      onState: (state) => {
        this.link = state;
        if (state.state === 'ended') {
          batcher.flush();
          this.#ended();
        }
        this.#linkText();
      },
    });
  }

  #apply(batches) {
    if (this.gone) return;
    const targets = new Set();
    const touched = new Set();
    for (const batch of batches) {
      const changes = this.state.apply(batch);
      for (const index of changes.targets) targets.add(index);
      for (const index of [...changes.targets, ...changes.output]) touched.add(index);
    }
    if (targets.size && (this.keys.size || this.text)) this.#filtered();
    this.list.touch(touched);
    this.drawer.touch(touched);
    this.wall?.touch(targets);
    this.#summary();
  }

  async #ended() {
    try {
      const { run } = await new Request(`/runs/${this.id}`);
      if (this.gone) return;
      this.state.replace(run);
      this.#summary();
      announce(t('run.ended', { outcome: t(`outcome.${runStanding(run)}`), counts: countsText(run.counts) }));
    } catch (error) {
      if (!this.gone) notice(explained(error), { kind: 'error' });
    }
  }

  #build() {
    const { run } = this.state;
    this.mark = h('span', { class: 'run-mark' });
    this.stop = h('button', { type: 'button', class: 'stop', onclick: () => this.#cancel() }, icon('stop'), h('span', {}, t('run.stop')));
    this.retry = h('button', { type: 'button', onclick: () => this.#retry() }, icon('again'), h('span', {}));
    this.again = h('button', { type: 'button', onclick: () => this.#again(this.state.targets) }, icon('play'), h('span', {}, t('run.again')));
    const onScreen = draft.screen === run.id;
    const clear = onScreen && h('button', { type: 'button', onclick: () => {
      saveDraft({ screen: null });
      go('/');
    } }, icon('clear'), t('console.clear'));
    const title = h('div', { class: 'run-title' }, h('a', { class: 'button quiet square', href: onScreen ? '/' : '/runs', 'aria-label': onScreen ? t('run.back_console') : t('run.back_runs'), title: onScreen ? t('run.back_console') : t('run.back_runs') }, icon('left')),
      this.mark, h('h1', {}, t('run.title', { id: run.id })), h('span', { class: 'run-what' }, moduleTitle(run.module)), run.module?.risk && run.module.risk !== 'read' && riskMark(run.module.risk));
    const bits = [
      ...(run.parameters || []).map((one) => h('code', {}, `${one.name}=${one.secret ? '••••' : one.value}`)),
      h('span', {}, t('run.by', { user: run.user, via: wordFor('via', run.via) })), h('time', { datetime: run.created_at }, moment(run.created_at, language())),
      run.platform && h('span', {}, wordFor('platform', run.platform)),
      run.source?.path && h('span', { class: 'mono', title: run.source.sha256 }, run.source.path),
      h('span', { class: 'run-link' }, h('a', { href: `/runs/${run.id}` }, `/runs/${run.id}`), copyButton(new URL(`/runs/${run.id}`, location.href).href, t('run.copy_link'))),
    ].filter(Boolean);
    this.bar = new OutcomeBar((keys) => this.#filterBy(keys));
    this.progress = h('span', { class: 'run-progress number' });
    this.clock = h('span', { class: 'run-clock number' });
    this.linkLine = h('p', { class: 'run-linkline', role: 'status' });
    this.drawer = new Drawer({ state: this.state, onMove: (step) => this.#move(step), onClose: () => {
      this.page.inert = false;
      this.list.focusTarget(this.opened);
    } });
    this.list = new TargetList({ state: this.state, scroller: this.root, onOpen: (index) => this.#open(index) });
    this.wall = run.total >= wallFrom ? new Wall(this.state, (index) => this.#open(index)) : null;
    this.filter = h('input', { type: 'search', class: 'filter-input', placeholder: t('run.filter_hosts'), 'aria-label': t('run.filter_hosts'), autocomplete: 'off', spellcheck: 'false', oninput: () => {
      this.text = this.filter.value;
      this.#filtered();
    }, onkeydown: (event) => {
      if (event.key !== 'Enter' && event.key !== 'ArrowDown') return;
      event.preventDefault();
      this.list.focusAt(0);
    } });
    this.shownCount = h('span', { class: 'number dim', 'aria-live': 'polite' });
    this.foldAll = h('button', { type: 'button', class: 'quiet', onclick: () => this.#fold() });
    this.noMatch = h('p', { class: 'blank-hint' }, t('run.no_match'));
    const chips = onScreen && draft.selection.size > 0 && new Chips();
    if (chips) chips.update(draft.selection);
    this.page = h('div', { class: 'run-page' },
      h('header', { class: 'run-head' }, h('div', { class: 'run-headline' }, title, h('div', { class: 'run-actions' }, this.stop, this.retry, this.again, clear)),
        h('p', { class: 'run-meta dim' }, bits), chips && h('div', { class: 'run-selection' }, chips.element, h('a', { class: 'button quiet', href: '/' }, t('run.edit')))),
      h('div', { class: 'run-summary' }, this.bar.element, h('div', { class: 'run-numbers' }, this.progress, this.clock), this.linkLine),
      this.wall?.element,
      h('div', { class: 'run-tools' }, h('div', { class: 'filter' }, icon('search'), this.filter), this.shownCount, this.foldAll),
      this.list.element, this.noMatch);
    this.region.show(this.page);
    this.element.append(this.drawer.element);
    this.#filtered();
    this.#foldText();
    this.#summary();
    this.#linkText();
    requestAnimationFrame(() => this.wall?.draw());
  }

  #summary() {
    const { run } = this.state;
    const counts = run.counts || {};
    const key = runStanding(run);
    if (this.markKey !== key) {
      this.markKey = key;
      replace(this.mark, outcomeMark(key, { word: true }));
    }
    this.bar.update(counts);
    setText(this.progress, progressText(run));
    const finished = run.state === 'finished';
    const held = this.stop.contains(document.activeElement) && finished;
    this.stop.hidden = finished;
    this.stop.disabled = run.state === 'cancelling';
    if (run.state === 'cancelling') setText(this.stop.lastChild, t('run.stopping'));
    const troubled = this.state.troubled();
    this.retry.hidden = !finished || troubled.length === 0;
    setText(this.retry.lastChild, t('run.retry', { n: troubled.length }));
    this.again.hidden = !finished;
    if (held) (this.retry.hidden ? this.again : this.retry).focus();
    this.#clockText();
    if (!finished && finishedCount(counts)) announce(`${progressText(run)}${t('common.comma')}${countsText(counts)}`);
  }

  #clockText() {
    const { run } = this.state;
    if (run.state === 'finished') {
      setText(this.clock, t('run.took', { time: duration(run.duration_ms) }));
      return;
    }
    const elapsed = serverNow() - Date.parse(run.created_at);
    const left = remaining(elapsed, finishedCount(run.counts || {}), run.total);
    setText(this.clock, left === null ? clock(elapsed) : t('run.left', { elapsed: clock(elapsed), left: clock(left) }));
  }

  #linkText() {
    if (!this.linkLine || !this.link) return;
    const { state, cutAt, nextAt, error } = this.link;
    const cut = state === 'cut' && Date.now() - cutAt >= 900;
    this.linkLine.classList.toggle('run-cut', cut || state === 'gone');
    if (state === 'gone') setText(this.linkLine, t('run.stream_gone', { why: sentence(error) }));
    else if (!cut) setText(this.linkLine, '');
    else {
      const text = t('run.stream_cut', { n: Math.round((Date.now() - cutAt) / 1000), next: Math.max(0, Math.ceil((nextAt - Date.now()) / 1000)) });
      if (!this.linkLine.firstChild?.nextSibling) {
        replace(this.linkLine, h('span', {}), h('button', { type: 'button', class: 'link', onclick: () => this.stream?.retryNow() }, t('run.try_now')));
      }
      setText(this.linkLine.firstChild, text);
    }
  }

  #tick() {
    if (!this.list) return;
    if (this.state.run.state !== 'finished') {
      this.#clockText();
      this.list.tick();
      this.drawer.tick();
    }
    this.#linkText();
  }

  #filterBy(keys) {
    this.keys = keys;
    this.wall?.filter(keys);
    this.#filtered();
  }

  #filtered() {
    const indexes = this.state.shown(this.keys, this.text);
    this.list.show(indexes);
    this.noMatch.hidden = indexes.length > 0;
    setText(this.shownCount, indexes.length === this.state.run.total ? t('run.all_hosts', { n: indexes.length }) : t('list.some_of', { n: indexes.length, all: this.state.run.total }));
  }

  #foldText() {
    setText(this.foldAll, this.list.isOpenAll ? t('run.fold_all') : t('run.unfold_all'));
  }

  #fold() {
    if (!this.list) return;
    this.list.foldAll(!this.list.isOpenAll);
    this.#foldText();
  }

  #open(index) {
    this.opened = index;
    this.drawer.open(index);
    this.page.inert = drawerCovers.matches;
  }

  #move(step) {
    if (!this.list) return;
    if (!this.drawer.isOpen) {
      this.list.move(step);
      return;
    }
    const at = this.list.shown.indexOf(this.opened);
    const next = this.list.shown[at + step];
    if (next === undefined) return;
    this.list.list.reveal(at + step);
    this.#open(next);
  }

  #failedOnly() {
    if (!this.bar) return;
    const keys = new Set(this.state.troubled().map(standing));
    this.bar.filter(this.keys.size ? new Set() : keys.size ? keys : new Set(['failed']));
  }

  #escape() {
    if (this.drawer?.isOpen) this.drawer.close();
    else if (this.filter && (this.filter.value || document.activeElement === this.filter)) {
      this.filter.value = '';
      this.text = '';
      this.filter.blur();
      this.#filtered();
    } else if (this.keys.size) this.bar.filter(new Set());
    else go(draft.screen === this.id ? '/' : '/runs');
  }

  #stopKey() {
    if (!this.stop || this.stop.hidden || this.stop.disabled) return;
    if (this.armed) {
      this.#cancel();
      return;
    }
    this.armed = true;
    setText(this.stop.lastChild, t('run.stop_again'));
    announce(t('run.stop_again'));
    setTimeout(() => {
      this.armed = false;
      if (!this.gone && this.state.run.state !== 'cancelling') setText(this.stop.lastChild, t('run.stop'));
    }, armedMs);
  }

  async #cancel() {
    this.stop.disabled = true;
    setText(this.stop.lastChild, t('run.stopping'));
    try {
      const { run } = await new Request(`/runs/${this.id}/cancel`, { body: {} });
      if (this.gone || this.state.ended) return;
      this.state.run = { ...this.state.run, state: run.state };
      this.#summary();
    } catch (error) {
      if (this.gone) return;
      this.stop.disabled = false;
      setText(this.stop.lastChild, t('run.stop'));
      notice(explained(error), { kind: 'error' });
    }
  }

  #retry() {
    const troubled = this.state?.troubled() || [];
    if (troubled.length && this.state.ended) this.#again(troubled, t('run.failed_of', { id: this.id }));
  }

  /** Back to the console with this module, these values and these hosts chosen. */
  #again(targets, source = t('run.title', { id: this.id })) {
    const { run } = this.state;
    const values = Object.fromEntries((run.parameters || []).filter((one) => !one.secret).map((one) => [one.name, one.value]));
    saveDraft({
      selection: new Selection(targets.filter(Boolean).map((target) => [target.host, source])), module: run.module.id,
      values: { ...draft.values, [run.module.id]: values },
    });
    go('/');
  }
}
