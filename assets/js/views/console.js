// SPDX-License-Identifier: MIT
// The console: who on the left (parts/host_picker.js); on the right what (a module, a file to distribute or to collect),
// the preview, and Run.

import { h, replace, set, setText } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { byField, sentence } from '../errors.js';
import { claimKeys } from '../keys.js';
import { draft, runRequest, saveDraft } from '../draft.js';
import { handOver } from '../handed.js';
import { runStanding } from '../outcome.js';
import { go } from '../router.js';
import { AjaxError, freshKey, PeriodicalUpdater, Request } from '../ajax.js';
import { Selection } from '../selection.js';
import { BadPick } from '../parts/bad_pick.js';
import { BatchOptions } from '../parts/batch_options.js';
import { Chips } from '../parts/chips.js';
import { CopyAction } from '../parts/copy_action.js';
import { explained } from '../parts/explained.js';
import { FetchAction } from '../parts/fetch_action.js';
import { segments } from '../parts/fields.js';
import { HostPicker } from '../parts/host_picker.js';
import { ModuleAction } from '../parts/module_action.js';
import { outcomeMark } from '../parts/outcome_bar.js';
import { groupText, Preview } from '../parts/preview.js';
import { Region } from '../parts/region.js';
import { ceremony } from '../parts/risk.js';
import { runRow } from '../parts/run_row.js';

const previewAfterMs = 200;
const recentRuns = 5;
const actions = { module: ModuleAction, copy: CopyAction, fetch: FetchAction };

export class ConsoleView {
  constructor(root) {
    this.undo = null;
    this.picker = new HostPicker({
      onSelect: (selection, options) => this.#select(selection, options), onSheet: (open) => this.#sheet(open),
      onWidth: (px) => this.element?.style.setProperty('--picker-width', `${px}px`),
    });
    this.#compose();
    this.element = h('div', { class: 'console' }, this.picker.element, this.picker.splitter, this.right);
    root.append(this.element);
    this.picker.resize();
    this.release = claimKeys({
      '/': () => this.picker.focusFilter(), m: () => this.action.focus(), Escape: () => this.#escape(),
      'Control+Enter': () => { this.#run(); },
    });
    this.#showSelection();
    this.#soonPreview();
  }

  get title() {
    return t('nav.console');
  }

  destroy() {
    this.gone = true;
    this.release();
    this.recent.stop();
    clearTimeout(this.timer);
    this.previewRequest?.abort();
    this.picker.destroy();
    this.action.destroy();
  }

  // ---- who ----

  #select(selection, { undo = false } = {}) {
    this.undo = undo && selection.size !== draft.selection.size ? draft.selection : null;
    saveDraft({ selection });
    this.#showSelection();
    this.#soonPreview();
  }

  #showSelection() {
    this.chips.update(draft.selection, { canUndo: this.undo !== null });
    this.picker.refresh();
    this.batches.update(draft.selection.size);
    this.#runText();
  }

  #sheet(open) {
    this.element.classList.toggle('sheet-open', open);
    this.right.inert = open;
    if (!open) this.chooseButton.focus();
  }

  #escape() {
    if (this.picker.sheet) this.picker.close();
    else if (document.activeElement?.matches('input, textarea, select')) document.activeElement.blur();
    else return false;
    return true;
  }

  // ---- what ----

  #compose() {
    this.chips = new Chips({
      onDrop: (source) => this.#select(draft.selection.withoutSource(source), { undo: true }), onClear: () => this.#select(new Selection(), { undo: true }),
      onUndo: () => {
        const before = this.undo;
        if (before) this.#select(before, { undo: true });
      },
    });
    this.badPick = new BadPick((pairs) => { if (!this.gone) this.#select(new Selection(pairs), { undo: true }); });
    this.chooseButton = h('button', { type: 'button', class: 'choose-hosts', 'aria-controls': 'picker', onclick: () => this.picker.open() }, icon('hosts'), t('console.choose_hosts'));
    this.preview = new Preview();
    this.batches = new BatchOptions(draft.batches, (values) => {
      saveDraft({ batches: values });
      this.#soonPreview();
    });
    this.runButton = h('button', { type: 'button', class: 'primary run-button', onclick: () => this.#run() }, icon('play'), h('span', {}));
    this.checkButton = h('button', { type: 'button', title: t('console.check_hint'), onclick: () => this.#check() }, icon('check'), t('console.check'));
    this.clearButton = h('button', { type: 'button', class: 'clear-button', title: t('console.clear'), onclick: () => this.#clear() }, icon('clear'), h('span', {}, t('console.clear')));
    this.failure = h('p', { class: 'form-failure', role: 'alert' });
    this.screen = h('div', { class: 'screen-line' });
    this.place = h('div', { class: 'what-place' });
    const recent = h('div', { class: 'recent-runs' });
    this.recent = new PeriodicalUpdater(new Region(recent, { lines: 3 }), '/runs', {
      parameters: { limit: recentRuns }, frequencyS: 4, render: ({ runs }) => runs.length && this.#recent(runs),
      empty: () => ({ title: t('console.no_runs'), hint: t('console.no_runs_hint') }),
    });
    const kinds = segments(t('console.kind'), 'kind', Object.keys(actions).map((kind) => [kind, t(`kind.${kind}`)]), draft.kind, (kind) => this.#chooseKind(kind));
    this.grid = h('div', { class: 'compose-grid' },
      h('div', { class: 'action' },
        h('div', { class: 'action-card' }, this.place, this.batches.element, this.preview.element, this.failure, h('div', { class: 'run-bar' }, this.runButton, this.checkButton, this.clearButton, h('kbd', { class: 'run-key' }, 'Ctrl+Enter'))),
        h('section', { class: 'recent', 'aria-label': t('console.recent') }, h('h3', { class: 'listbox-title' }, t('console.recent')), this.screen, recent)));
    this.right = h('div', { class: 'compose' },
      h('div', { class: 'compose-selection' }, this.chooseButton, this.chips.element, this.badPick.button), kinds, this.grid);
    this.#showScreen([]);
    this.#showAction();
  }

  #chooseKind(kind) {
    saveDraft({ kind });
    this.#showAction();
    this.#soonPreview();
  }

  #showAction() {
    this.action?.destroy();
    this.action?.side?.remove();
    this.action = new actions[draft.kind]({ onChange: () => {
      setText(this.failure, '');
      this.#soonPreview();
    } });
    if (this.action.side) this.grid.prepend(this.action.side);
    this.grid.classList.toggle('compose-single', !this.action.side);
    replace(this.place, this.action.element);
    setText(this.failure, '');
  }

  #recent(runs) {
    this.#showScreen(runs);
    this.badPick.update(runs);
    return h('div', { class: 'run-rows' }, runs.map(runRow));
  }

  #showScreen(runs) {
    const shown = runs.find((run) => run.id === draft.screen);
    this.clearButton.disabled = draft.screen === null;
    replace(this.screen, draft.screen !== null && h('a', { class: 'button quiet', href: `/runs/${draft.screen}` }, shown && outcomeMark(runStanding(shown)), t('console.on_screen', { id: draft.screen })));
  }

  #clear() {
    saveDraft({ screen: null });
    this.#showScreen([]);
    this.runButton.focus();
  }

  // ---- what exactly, and Run ----

  #soonPreview() {
    if (!this.action) return;
    clearTimeout(this.timer);
    this.previewRequest?.abort();
    this.shownPreview = null;
    this.refusal = null;
    this.#runText();
    const readiness = this.action.readiness();
    if (readiness === 'choose' || !draft.selection.size) {
      this.preview.waiting(readiness !== 'choose' ? t('preview.choose_hosts') : draft.selection.size ? this.#chooseText() : '');
      return;
    }
    this.preview.busy();
    if (readiness === 'loading') return;
    this.timer = setTimeout(() => this.#preview(), previewAfterMs);
  }

  async #preview() {
    const readiness = this.action.readiness();
    if (readiness !== 'ready' || this.batches.wrong().length) {
      this.preview.waiting(t(readiness === 'missing' ? 'preview.missing' : 'preview.wrong'));
      return;
    }
    const request = new Request('/preview', { body: runRequest(this.action.what()) });
    this.previewRequest = request;
    try {
      const { preview } = await request;
      if (this.gone || this.previewRequest !== request) return;
      this.shownPreview = preview;
      this.refusal = null;
      this.preview.show(preview);
      this.batches.decide(preview.batches || null);
      this.action.refuse(new Map());
      if (!preview.problems?.length) this.action.noteReady?.();
    } catch (error) {
      if (this.gone || error.code === 'aborted' || this.previewRequest !== request) return;
      if (!(error instanceof AjaxError)) throw error;
      this.refusal = error;
      this.preview.fail(error);
      this.#refuse(byField(error));
    }
    this.#runText();
  }

  /** Shows the server's problems at their fields. Returns whether all of them found one. */
  #refuse(problems) {
    const inBatches = this.batches.refuse(problems);
    return this.action.refuse(problems) || inBatches;
  }

  #chooseText() {
    return t(draft.kind === 'copy' ? 'preview.choose_file' : 'preview.choose_module');
  }

  #runText() {
    if (!this.action) return;
    const count = this.shownPreview?.count ?? draft.selection.size;
    setText(this.runButton.lastChild, count ? t('console.run_on', { n: count }) : t('console.run'));
    this.runButton.classList.toggle('dangerous', this.action.risk === 'danger');
    const unready = ['choose', 'loading'].includes(this.action.readiness());
    const blocked = unready || !draft.selection.size || this.starting || this.refusal?.code === 'not_found' || (this.shownPreview?.problems || []).length > 0;
    set(this.runButton, { 'aria-disabled': blocked ? 'true' : null });
    set(this.checkButton, { 'aria-disabled': draft.selection.size && !this.starting ? null : 'true' });
  }

  /** Why Run cannot start yet, in words; '' when it can. */
  #hindrance() {
    if (!draft.selection.size) return t('preview.choose_hosts');
    const readiness = this.action.readiness();
    if (readiness === 'choose') return this.#chooseText();
    if (readiness === 'loading') return t('preview.no_form');
    if (this.refusal && this.refusal.code !== 'offline' && !this.refusal.fields.length) return sentence(this.refusal);
    const [problem] = this.shownPreview?.problems || [];
    return problem ? sentence(problem) : '';
  }

  async #run() {
    if (this.starting) return;
    if (this.refusal && this.action.readiness() === 'ready') await this.#preview();
    if (this.gone || this.starting) return;
    const why = this.#hindrance();
    setText(this.failure, why);
    if (why || !this.action.check()) return;
    if (this.batches.wrong().length) {
      this.batches.show();
      return;
    }
    const { action } = this;
    const body = runRequest(action.what());
    if (action.risk !== 'read' && !this.shownPreview) {
      clearTimeout(this.timer);
      await this.#preview();
      if (!this.shownPreview || this.action !== action || JSON.stringify(body) !== JSON.stringify(runRequest(action.what()))) return;
    }
    const groups = (this.shownPreview?.groups || []).map(groupText);
    if (body.batches) groups.push(this.batches.rules());
    if (!(await ceremony({ risk: action.risk, title: action.title, names: draft.selection.names(), groups }))) return;
    await this.#start(body, this.runButton);
  }

  /** Only looks whether the hosts can be reached and used: nothing to confirm. */
  #check() {
    if (this.starting) return;
    setText(this.failure, draft.selection.size ? '' : t('preview.choose_hosts'));
    if (draft.selection.size) this.#start(runRequest({ kind: 'check' }, { batched: false }), this.checkButton);
  }

  async #start(body, button) {
    this.starting = true;
    button.setAttribute('aria-busy', 'true');
    this.#runText();
    try {
      const { run } = await new Request('/runs', { body, headers: { 'Idempotency-Key': this.#key(body) } });
      this.sent = null;
      saveDraft({ screen: run.id });
      handOver(run);
      if (!this.gone) go(`/runs/${run.id}`);
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      if (this.gone) return;
      const problems = byField(error);
      if (!problems.size || !this.#refuse(problems)) replace(this.failure, explained(error));
    } finally {
      this.starting = false;
      button.removeAttribute('aria-busy');
      if (!this.gone) this.#runText();
    }
  }

  /** The same request sent again after a lost answer carries the same key, so it cannot start twice. */
  #key(body) {
    const text = JSON.stringify(body);
    if (this.sent?.text !== text) this.sent = { text, key: freshKey() };
    return this.sent.key;
  }
}
