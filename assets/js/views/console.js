// SPDX-License-Identifier: MIT
// The console: category -> application -> hosts on the left, the module, its form, the preview and Run on the right.
// A click on a category shows its applications and hosts; a click on an application chooses its hosts: two clicks to a set.

import { h, nameOf, replace, set, setText } from '../dom.js';
import { icon } from '../icons.js';
import { own, t, wordFor } from '../i18n.js';
import { notice } from '../announce.js';
import { byField, sentence } from '../errors.js';
import { claimKeys } from '../keys.js';
import { draft, runRequest, saveDraft } from '../draft.js';
import { go } from '../router.js';
import { AjaxError, PeriodicalUpdater, Request } from '../ajax.js';
import { matching, Selection } from '../selection.js';
import { pref, setPref } from '../prefs.js';
import { addHostDialog } from '../parts/add_host.js';
import { addModuleDialog, brokenSource, stateMark } from '../parts/add_module.js';
import { Chips } from '../parts/chips.js';
import { explained } from '../parts/explained.js';
import { check, ListBox } from '../parts/list_box.js';
import { bareCaption, ModuleForm } from '../parts/module_form.js';
import { groupText, Preview } from '../parts/preview.js';
import { ceremony, riskMark } from '../parts/risk.js';
import { Region } from '../parts/region.js';
import { moduleTitle, runRow } from '../parts/run_row.js';
import { outcomeMark } from '../parts/outcome_bar.js';
import { handOver } from './run.js';

const previewAfterMs = 200;
const recentRuns = 5;
const narrow = matchMedia('(max-width: 899px)');

/** The name of an application as runs and chips write it. */
const appLabel = (app) => `${app.category}/${app.name}`;

export class ConsoleView {
  constructor(root) {
    this.root = root;
    this.undo = null;
    this.modules = [];
    this.members = new Map();
    this.#pickers();
    this.#compose();
    this.element = h('div', { class: 'console' }, this.picker, this.splitter(), this.right);
    root.append(this.element);
    this.#width(pref('pickerWidth', 400));
    this.release = claimKeys({
      '/': () => { this.#openSheet(); this.hosts.filter.focus(); }, m: () => this.moduleList.filter.focus(), Escape: () => this.#escape(),
      'Control+Enter': () => { this.#run(); },
    });
    this.#loadCategories();
    this.#loadModules();
    this.#showSelection();
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
    for (const list of [this.categories, this.apps, this.hosts, this.moduleList]) list.destroy();
  }

  // ---- who ----

  #pickers() {
    this.categories = new ListBox({
      label: t('console.category'), className: 'listbox-categories', keyOf: (one) => one.id, match: byName,
      mark: (one) => one.id === draft.category, fill: fillNamed, onOpen: (one) => this.#chooseCategory(one.id),
      describe: (shown, all) => String(Math.max(0, all.length - 1)),
    });
    this.apps = new ListBox({
      label: t('console.app'), className: 'listbox-apps', multiple: true, keyOf: (one) => one.id, match: byName,
      mark: (app) => this.#appMark(app), opened: (app) => app.id === draft.app, fill: (app, row) => fillApp(app, row, this.apps.items.some((other) => other !== app && other.name === app.name)),
      onOpen: (app) => this.#chooseApp(app), onToggle: (apps, on) => this.#toggleApps(apps, on), onAll: () => this.#toggleApps(this.apps.shown, true),
      tools: this.#allNone(() => this.#toggleApps(this.apps.shown, true), () => this.#toggleApps(this.apps.shown, false)),
    });
    this.hosts = new ListBox({
      label: t('console.hosts'), className: 'listbox-hosts', multiple: true, keyOf: (host) => host.name, match: matching, placeholder: t('console.filter_hosts'),
      mark: (host) => (draft.selection.has(host.name) ? 'all' : 'none'), fill: fillHost,
      onOpen: (host) => this.#toggleHosts([host], !draft.selection.has(host.name)), onToggle: (hosts, on) => this.#toggleHosts(hosts, on),
      onAll: () => this.#toggleHosts(this.hosts.shown, true),
      describe: (shown, all) => {
        const chosen = shown.filter((host) => draft.selection.has(host.name)).length;
        return t('console.chosen_of', { n: chosen, all: shown.length === all.length ? String(all.length) : `${shown.length}/${all.length}` });
      },
      tools: this.#allNone(() => this.#toggleHosts(this.hosts.shown, true), () => this.#toggleHosts(this.hosts.shown, false)),
    });
    this.regions = new Map([this.categories, this.apps, this.hosts].map((list) => [list, new Region(list.body, { lines: 4 })]));
    this.done = h('button', { type: 'button', class: 'primary', onclick: () => this.#closeSheet() });
    this.picker = h('div', { class: 'picker', id: 'picker', role: 'group', 'aria-label': t('console.who') },
      h('div', { class: 'picker-head' }, h('h2', {}, t('console.choose_hosts')), this.done),
      h('div', { class: 'picker-top' }, this.categories.element, this.apps.element), this.hosts.element);
  }

  #allNone(all, none) {
    return [h('button', { type: 'button', class: 'quiet small', onclick: all }, t('list.all')), h('button', { type: 'button', class: 'quiet small', onclick: none }, t('list.none'))];
  }

  /** Fills a list from a GET; the region around it shows how that goes. */
  async #fill(list, path, parameters, take, empty) {
    const region = this.regions.get(list);
    const request = new Request(path, { parameters });
    list.request?.abort();
    list.request = request;
    region.busy();
    try {
      const items = take(await request);
      if (this.gone || list.request !== request) return null;
      list.setItems(items);
      if (items.length) region.show(list.box);
      else region.empty(empty());
      list.refresh();
      return items;
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      if (!this.gone && error.code !== 'aborted') region.fail(error, () => this.#fill(list, path, parameters, take, empty));
      return null;
    }
  }

  async #loadCategories() {
    const items = await this.#fill(this.categories, '/categories', {}, ({ categories }) => [
      { id: null, name: t('console.all_categories'), host_count: null, app_count: null }, ...categories,
    ], () => ({ title: t('console.no_categories') }));
    if (items && !items.some((one) => one.id === draft.category)) saveDraft({ category: null, app: null });
    this.#loadApps();
    this.#loadHosts();
  }

  #loadApps() {
    return this.#fill(this.apps, '/apps', { category: draft.category }, ({ apps }) => apps, () => ({ title: t('console.no_apps'), hint: t('console.no_apps_hint') }));
  }

  async #loadHosts() {
    const { app, category } = draft;
    const parameters = app !== null ? { app } : { category };
    const items = await this.#fill(this.hosts, '/hosts', parameters, ({ hosts }) => hosts, () => ({
      title: t('console.no_hosts'), hint: t('console.no_hosts_hint'),
      action: h('button', { type: 'button', onclick: () => addHostDialog({ onAdded: () => this.#reload() }) }, icon('plus'), t('hosts.add')),
    }));
    if (items && app !== null) {
      this.members.set(app, items.map((host) => host.name));
      this.apps.refresh();
    }
    return items;
  }

  #reload() {
    this.#loadCategories();
  }

  #chooseCategory(id) {
    saveDraft({ category: id, app: null });
    this.categories.refresh();
    this.#loadApps();
    this.#loadHosts();
  }

  async #chooseApp(app) {
    saveDraft({ app: app.id });
    this.apps.refresh();
    const hosts = await this.#loadHosts();
    if (!hosts || draft.app !== app.id) return;
    const whole = new Selection(hosts.map((host) => [host.name, appLabel(app)]));
    const same = whole.size === draft.selection.size && draft.selection.cover(whole.names()) === 'all';
    if (!same) this.#select(whole, { undo: draft.selection.size > 0 });
  }

  async #toggleApps(apps, on) {
    let selection = draft.selection;
    try {
      for (const app of apps) {
        const names = await this.#membersOf(app);
        selection = on ? selection.plus(names.map((name) => [name, appLabel(app)])) : selection.minus(names);
      }
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      notice(explained(error), { kind: 'error' });
      return;
    }
    if (!this.gone) this.#select(selection, { undo: apps.length > 1 });
  }

  async #membersOf(app) {
    if (!this.members.has(app.id)) {
      const { hosts } = await new Request('/hosts', { parameters: { app: app.id } });
      this.members.set(app.id, hosts.map((host) => host.name));
    }
    return this.members.get(app.id);
  }

  #appMark(app) {
    const names = this.members.get(app.id);
    if (names) return names.length ? draft.selection.cover(names) : 'none';
    const held = draft.selection.sources().find(({ source }) => source === appLabel(app));
    if (!held) return 'none';
    return held.count >= app.host_count ? 'all' : 'some';
  }

  #toggleHosts(hosts, on) {
    const app = this.apps.items.find((one) => one.id === draft.app);
    const source = (host) => (app ? appLabel(app) : host.apps?.[0] || '');
    const next = on ? draft.selection.plus(hosts.map((host) => [host.name, source(host)])) : draft.selection.minus(hosts.map((host) => host.name));
    this.#select(next, { undo: hosts.length > 1 });
  }

  #select(selection, { undo = false } = {}) {
    this.undo = undo && selection.size !== draft.selection.size ? draft.selection : null;
    saveDraft({ selection });
    this.#showSelection();
    this.#soonPreview();
  }

  #showSelection() {
    this.chips.update(draft.selection, { canUndo: this.undo !== null });
    this.hosts.refresh();
    this.apps.refresh();
    setText(this.done, t('console.done', { n: draft.selection.size }));
    this.#runText();
  }

  // ---- the sheet on narrow screens ----

  #openSheet() {
    if (!narrow.matches) return;
    this.element.classList.add('sheet-open');
    this.right.inert = true;
    if (!this.picker.contains(document.activeElement)) this.categories.focus();
  }

  #closeSheet() {
    this.element.classList.remove('sheet-open');
    this.right.inert = false;
    this.chooseButton.focus();
  }

  #escape() {
    if (this.element.classList.contains('sheet-open')) this.#closeSheet();
    else if (document.activeElement?.matches('input, textarea, select')) document.activeElement.blur();
    else return false;
    return true;
  }

  splitter() {
    const bar = h('div', {
      class: 'splitter', role: 'separator', tabindex: 0, 'aria-orientation': 'vertical', 'aria-label': t('console.resize'), 'aria-valuemin': 280, 'aria-valuemax': 640,
      onkeydown: (event) => {
        const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
        if (!step) return;
        event.preventDefault();
        this.#width(this.width + step);
        setPref('pickerWidth', this.width);
      },
      onpointerdown: (event) => {
        bar.setPointerCapture(event.pointerId);
        const start = event.clientX - this.width;
        const move = (moved) => this.#width(moved.clientX - start);
        bar.addEventListener('pointermove', move);
        bar.addEventListener('pointerup', () => {
          bar.removeEventListener('pointermove', move);
          setPref('pickerWidth', this.width);
        }, { once: true });
      },
    });
    this.bar = bar;
    return bar;
  }

  #width(px) {
    this.width = Math.max(280, Math.min(640, px));
    this.element.style.setProperty('--picker-width', `${this.width}px`);
    set(this.bar, { 'aria-valuenow': this.width });
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
    this.chooseButton = h('button', { type: 'button', class: 'choose-hosts', 'aria-controls': 'picker', onclick: () => this.#openSheet() }, icon('hosts'), t('console.choose_hosts'));
    this.addModule = h('button', { type: 'button', class: 'quiet small', onclick: () => addModuleDialog({ onAdded: (module) => this.#loadModules(module.id) }) }, icon('plus'), t('modules.add'));
    this.moduleList = new ListBox({
      label: t('console.module'), className: 'listbox-modules', keyOf: (one) => one.id, rowHeight: 48, match: matchModule, placeholder: t('console.filter_modules'),
      mark: (one) => one.id === draft.module, fill: fillModule, onOpen: (one) => this.#chooseModule(one), tools: [this.addModule],
    });
    this.regions.set(this.moduleList, new Region(this.moduleList.body, { lines: 7 }));
    this.what = h('div', { class: 'what' });
    this.preview = new Preview();
    this.runButton = h('button', { type: 'button', class: 'primary run-button', onclick: () => this.#run() }, icon('play'), h('span', {}));
    this.clearButton = h('button', { type: 'button', onclick: () => this.#clear() }, icon('clear'), t('console.clear'));
    this.failure = h('p', { class: 'form-failure', role: 'alert' });
    this.screen = h('div', { class: 'screen-line' });
    const recent = h('div', { class: 'recent-runs' });
    this.recent = new PeriodicalUpdater(new Region(recent, { lines: 3 }), '/runs', {
      parameters: { limit: recentRuns }, frequencyS: 4, render: ({ runs }) => runs.length && this.#recent(runs),
      empty: () => ({ title: t('console.no_runs'), hint: t('console.no_runs_hint') }),
    });
    this.right = h('div', { class: 'compose' },
      h('div', { class: 'compose-selection' }, this.chooseButton, this.chips.element),
      h('div', { class: 'compose-grid' }, this.moduleList.element,
        h('div', { class: 'action' },
          h('div', { class: 'action-card' }, this.what, this.preview.element, this.failure, h('div', { class: 'run-bar' }, this.runButton, this.clearButton, h('kbd', { class: 'run-key' }, 'Ctrl+Enter'))),
          h('section', { class: 'recent', 'aria-label': t('console.recent') }, h('h3', { class: 'listbox-title' }, t('console.recent')), this.screen, recent))));
    this.#showScreen([]);
    this.#showModule();
  }

  #recent(runs) {
    this.#showScreen(runs);
    return h('div', { class: 'run-rows' }, runs.map(runRow));
  }

  #showScreen(runs) {
    const shown = runs.find((run) => run.id === draft.screen);
    this.clearButton.disabled = draft.screen === null;
    replace(this.screen, draft.screen !== null && h('a', { class: 'button quiet', href: `/runs/${draft.screen}` }, shown && outcomeMark(shown.state === 'finished' ? shown.outcome || 'interrupted' : 'running'), t('console.on_screen', { id: draft.screen })));
  }

  #clear() {
    saveDraft({ screen: null });
    this.#showScreen([]);
    this.runButton.focus();
  }

  async #loadModules(choose = null) {
    const items = await this.#fill(this.moduleList, '/modules', {}, ({ modules }) => modules, () => ({ title: t('modules.none') }));
    if (!items) return;
    this.modules = items;
    if (choose !== null) saveDraft({ module: choose });
    if (!items.some((one) => one.id === draft.module)) saveDraft({ module: null });
    this.moduleList.refresh();
    this.#showModule();
    this.#soonPreview();
  }

  get module() {
    return this.modules.find((one) => one.id === draft.module) || null;
  }

  #chooseModule(module) {
    saveDraft({ module: module.id });
    this.moduleList.refresh();
    this.#showModule();
    this.#soonPreview();
    if (narrow.matches) this.what.scrollIntoView({ block: 'nearest' });
  }

  /** The chosen module's head is there at once; its form is read from the server, where it may have changed. */
  #showModule() {
    const { module } = this;
    this.form = null;
    setText(this.failure, '');
    if (!module) {
      replace(this.what, h('div', { class: 'blank' }, h('p', { class: 'blank-title' }, t('console.pick_module')), h('p', { class: 'blank-hint' }, t('console.steps'))));
    } else {
      const { source } = module;
      const form = h('div', { class: 'what-form' });
      replace(this.what, h('header', { class: 'what-head' }, h('h2', {}, h('span', { class: 'what-id number' }, String(module.id)), own(module, 'name')), riskMark(module.risk), h('span', { class: 'badge' }, wordFor('platform', module.platform))),
        own(module, 'caption') && h('p', { class: 'what-caption' }, bareCaption(own(module, 'caption'))),
        source && source.state !== 'ready' && h('p', { class: `what-state what-${source.state}` }, stateMark(module), source.state === 'broken' ? h('span', {}, explained(brokenSource(module))) : h('span', {}, t('modules.write', { path: source.path }))),
        form);
      this.#loadForm(module.id, new Region(form, { lines: 2 }));
    }
    this.#runText();
  }

  async #loadForm(id, region) {
    region.busy();
    try {
      const { module } = await new Request(`/modules/${id}`);
      if (this.gone || draft.module !== id || !region.element.isConnected) return;
      this.form = new ModuleForm(module, draft.values[id] || {}, () => {
        saveDraft({ values: { ...draft.values, [id]: this.form.memory() } });
        setText(this.failure, '');
        this.#soonPreview();
      });
      region.show(this.form.element);
      this.#soonPreview();
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      if (!this.gone && region.element.isConnected) region.fail(error, () => this.#loadForm(id, region));
    }
  }

  // ---- what exactly, and Run ----

  #soonPreview() {
    clearTimeout(this.timer);
    this.previewRequest?.abort();
    this.shownPreview = null;
    this.refusal = null;
    this.#runText();
    if (!this.module || !draft.selection.size) {
      this.preview.waiting(this.module ? t('preview.choose_hosts') : draft.selection.size ? t('preview.choose_module') : '');
      return;
    }
    this.preview.busy();
    if (!this.form) return;
    this.timer = setTimeout(() => this.#preview(), previewAfterMs);
  }

  async #preview() {
    const readiness = this.form.readiness();
    if (readiness !== 'ready') {
      this.preview.waiting(t(`preview.${readiness}`));
      return;
    }
    const request = new Request('/preview', { body: runRequest(this.form.read()) });
    this.previewRequest = request;
    try {
      const { preview } = await request;
      if (this.gone || this.previewRequest !== request) return;
      this.shownPreview = preview;
      this.refusal = null;
      this.preview.show(preview);
      this.form.refuse(new Map());
      if (!preview.problems?.length) this.#noteWritten();
    } catch (error) {
      if (this.gone || error.code === 'aborted' || this.previewRequest !== request) return;
      if (!(error instanceof AjaxError)) throw error;
      this.refusal = error;
      this.preview.fail(error);
      this.form.refuse(byField(error));
    }
    this.#runText();
  }

  /** The file of a module that was not written yet is there now: the lists should say so, once. */
  #noteWritten() {
    const { module } = this;
    if (module.source?.state !== 'not_written' || this.noted === module.id) return;
    this.noted = module.id;
    this.#loadModules();
  }

  #runText() {
    const count = this.shownPreview?.count ?? draft.selection.size;
    setText(this.runButton.lastChild, count ? t('console.run_on', { n: count }) : t('console.run'));
    const risk = this.module?.risk;
    this.runButton.classList.toggle('dangerous', risk === 'danger');
    const blocked = !this.form || !draft.selection.size || this.starting || this.refusal?.code === 'not_found' || (this.shownPreview?.problems || []).length > 0;
    set(this.runButton, { 'aria-disabled': blocked ? 'true' : null });
  }

  /** Why Run cannot start yet, in words; '' when it can. */
  #hindrance() {
    if (!draft.selection.size) return t('preview.choose_hosts');
    if (!this.module) return t('preview.choose_module');
    if (!this.form) return t('preview.no_form');
    if (this.refusal && this.refusal.code !== 'offline' && !this.refusal.fields.length) return sentence(this.refusal);
    const [problem] = this.shownPreview?.problems || [];
    return problem ? sentence(problem) : '';
  }

  async #run() {
    if (this.starting) return;
    if (this.refusal && this.form?.readiness() === 'ready') await this.#preview();
    if (this.gone || this.starting) return;
    const why = this.#hindrance();
    setText(this.failure, why);
    if (why || !this.form.check()) return;
    const { module } = this;
    if (module.risk !== 'read' && !this.shownPreview) {
      clearTimeout(this.timer);
      await this.#preview();
      if (!this.shownPreview || this.module !== module) return;
    }
    const body = runRequest(this.form.read());
    const groups = (this.shownPreview?.groups || []).map(groupText);
    if (!(await ceremony({ risk: module.risk, title: moduleTitle(module), names: draft.selection.names(), groups }))) return;
    this.starting = true;
    this.runButton.setAttribute('aria-busy', 'true');
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
      if (!problems.size || !this.form.refuse(problems)) replace(this.failure, explained(error));
    } finally {
      this.starting = false;
      this.runButton.removeAttribute('aria-busy');
      if (!this.gone) this.#runText();
    }
  }

  /** The same request sent again after a lost answer carries the same key, so it cannot start twice. */
  #key(body) {
    const text = JSON.stringify(body);
    if (this.sent?.text !== text) {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      this.sent = { text, key: [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
    }
    return this.sent.key;
  }
}

function byName(items, text) {
  const wanted = text.toLowerCase();
  return items.filter((one) => `${one.category || ''}/${one.name}`.toLowerCase().includes(wanted));
}

function matchModule(items, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((one) => {
    const hay = [one.id, one.name, one.name_en, one.caption, one.caption_en].join('\n').toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

function fillNamed(one, row) {
  replace(row, nameOf(one.name), one.host_count !== null && h('span', { class: 'option-count number' }, String(one.host_count)));
}

function fillApp(app, row, withCategory) {
  row.title = appLabel(app);
  replace(row, check(), nameOf(app.name), withCategory && h('span', { class: 'option-side dim' }, app.category), h('span', { class: 'option-count number' }, String(app.host_count)));
}

function fillHost(host, row) {
  row.title = [host.name, host.address, ...(host.tags || [])].join(' · ');
  replace(row, check(), nameOf(host.name), h('span', { class: 'option-side dim number' }, host.address), host.last?.outcome ? outcomeMark(host.last.outcome) : h('span', { class: 'mark mark-none' }));
}

function fillModule(module, row) {
  row.classList.add('option-module');
  const state = module.source?.state;
  replace(row, h('span', { class: 'option-id number' }, String(module.id)), h('span', { class: 'option-main' },
    h('span', { class: 'option-line' }, h('span', { class: 'option-name' }, own(module, 'name')), module.risk !== 'read' && riskMark(module.risk)),
    h('span', { class: 'option-caption dim' }, state && state !== 'ready' ? stateMark(module) : bareCaption(own(module, 'caption')))));
}
