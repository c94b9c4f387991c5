// SPDX-License-Identifier: MIT
// A run and its results: the header, the outcome bar, the wall, the targets with their output, the drawer. The state
// comes from store.js; this file only shows it. Order of loading: the run (its seq is where the stream starts), then the
// targets, then events, so nothing between them is missed.

import { h, replace, setText } from '../dom.js';
import { clock, duration } from '../format.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { announce, notice } from '../announce.js';
import { claimKeys } from '../keys.js';
import { backToConsole, draft } from '../draft.js';
import { takeHanded } from '../handed.js';
import { finishedCount, runStanding, standing } from '../outcome.js';
import { batchText, kindOf, pausedText } from '../run_words.js';
import { go } from '../router.js';
import { Request, serverNow } from '../ajax.js';
import { RunState, remaining } from '../store.js';
import { Batcher, Stream } from '../stream.js';
import { sentence } from '../errors.js';
import { CheckResult } from '../parts/check_result.js';
import { Drawer } from '../parts/drawer.js';
import { explained } from '../parts/explained.js';
import { countsText, OutcomeBar, progressText } from '../parts/outcome_bar.js';
import { Region } from '../parts/region.js';
import { RunActions } from '../parts/run_actions.js';
import { RunHead } from '../parts/run_head.js';
import { TargetList } from '../parts/target_list.js';
import { Wall } from '../parts/wall.js';

const pageTargets = 1000;
/** Fewer targets than this are seen at a glance without a wall. */
const wallFrom = 13;
const drawerCovers = matchMedia('(max-width: 899px)');

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
      j: () => this.#move(1), k: () => this.#move(-1), '/': () => this.filter?.focus(), f: () => this.#failedOnly(), '.': () => this.actions?.stopKey(), p: () => this.actions?.pauseKey(),
      Escape: () => this.#escape(), r: () => { this.actions?.retry(); }, e: () => this.#fold(),
    });
    this.timer = setInterval(() => this.#tick(), 1000);
    this.onVisibility = () => this.#visibility();
    document.addEventListener('visibilitychange', this.onVisibility);
    const known = takeHanded(id);
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
    this.actions = new RunActions({ state: this.state, shownKeys: () => this.keys, onRun: () => { if (!this.gone) this.#summary(); } });
    this.head = new RunHead(run, this.actions.element);
    this.bar = new OutcomeBar((keys) => this.#filterBy(keys));
    this.batch = h('span', { class: 'run-batch number' });
    this.paused = h('p', { class: 'run-paused', role: 'status' });
    this.check = kindOf(run) === 'check' ? new CheckResult({ state: this.state, onReady: (targets) => this.#onReady(targets), onOpen: (index) => this.#open(index) }) : null;
    this.progress = h('span', { class: 'run-progress number' });
    this.clock = h('span', { class: 'run-clock number' });
    this.linkLine = h('p', { class: 'run-linkline', role: 'status' });
    this.drawer = new Drawer({ state: this.state, onMove: (step) => this.#move(step), onClose: () => {
      this.page.inert = false;
      this.list.focusTarget(this.opened);
    } });
    this.list = new TargetList({ state: this.state, scroller: this.root, onOpen: (index) => this.#open(index) });
    this.wall = run.total >= wallFrom || run.batches?.count > 1 ? new Wall(this.state, (index) => this.#open(index)) : null;
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
    this.page = h('div', { class: 'run-page' },
      this.head.element,
      h('div', { class: 'run-summary' }, this.bar.element, h('div', { class: 'run-numbers' }, this.batch, this.progress, this.clock), this.linkLine),
      this.paused, this.check?.element, this.wall?.element,
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
    this.head.update(run);
    this.bar.update(counts);
    this.actions.update();
    setText(this.progress, progressText(run));
    setText(this.batch, batchText(run));
    setText(this.paused, pausedText(run));
    this.check?.update();
    const finished = run.state === 'finished';
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
    const left = run.state === 'paused' ? null : remaining(elapsed, finishedCount(run.counts || {}), run.total);
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
    this.actions.update();
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

  /** The hosts that are ready become the console's selection. */
  #onReady(targets) {
    backToConsole(this.state.run, targets.map((target) => [target.host, t('check.ready_in', { id: this.id })]));
    go('/');
  }
}
