// SPDX-License-Identifier: MIT
// Who: category -> application -> hosts. A click on a category shows its applications and hosts; a click on an
// application chooses its hosts: two clicks to a set. A column with a width of its own, or a sheet on narrow screens.

import { h, nameOf, replace, set, setText } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { notice } from '../announce.js';
import { draft, saveDraft } from '../draft.js';
import { AjaxError, Request } from '../ajax.js';
import { matching, Selection } from '../selection.js';
import { pref, setPref } from '../prefs.js';
import { addHostDialog } from './add_host.js';
import { explained } from './explained.js';
import { fillList } from './fill_list.js';
import { check, ListBox } from './list_box.js';
import { outcomeMark } from './outcome_bar.js';
import { Region } from './region.js';

export const narrow = matchMedia('(max-width: 899px)');
const narrowestPx = 280;
const widestPx = 640;

/** The name of an application as runs and chips write it. */
const appLabel = (app) => `${app.category}/${app.name}`;

export class HostPicker {
  /** onSelect(selection, {undo}): hosts were chosen. onSheet(open): the sheet covers the rest, or does no more. onWidth(px). */
  constructor({ onSelect, onSheet, onWidth }) {
    Object.assign(this, { onSelect, onSheet, onWidth });
    this.members = new Map();
    this.#lists();
    this.splitter = this.#makeSplitter();
    this.#loadCategories();
  }

  destroy() {
    this.gone = true;
    for (const list of [this.categories, this.apps, this.hosts]) list.destroy();
  }

  /** The selection has changed: draws the marks again. */
  refresh() {
    this.hosts.refresh();
    this.apps.refresh();
    setText(this.done, t('console.done', { n: draft.selection.size }));
  }

  focusFilter() {
    this.open();
    this.hosts.filter.focus();
  }

  /** Opens the sheet where the screen is narrow. */
  open() {
    if (!narrow.matches) return;
    this.sheet = true;
    this.onSheet(true);
    if (!this.element.contains(document.activeElement)) this.categories.focus();
  }

  close() {
    this.sheet = false;
    this.onSheet(false);
  }

  #lists() {
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
    this.done = h('button', { type: 'button', class: 'primary', onclick: () => this.close() });
    this.element = h('div', { class: 'picker', id: 'picker', role: 'group', 'aria-label': t('console.who') },
      h('div', { class: 'picker-head' }, h('h2', {}, t('console.choose_hosts')), this.done),
      h('div', { class: 'picker-top' }, this.categories.element, this.apps.element), this.hosts.element);
  }

  #allNone(all, none) {
    return [h('button', { type: 'button', class: 'quiet small', onclick: all }, t('list.all')), h('button', { type: 'button', class: 'quiet small', onclick: none }, t('list.none'))];
  }

  #fill(list, path, parameters, take, empty) {
    return fillList(list, this.regions.get(list), path, { parameters, take, empty, gone: () => this.gone });
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
      action: h('button', { type: 'button', onclick: () => addHostDialog({ onAdded: () => this.#loadCategories() }) }, icon('plus'), t('hosts.add')),
    }));
    if (items && app !== null) {
      this.members.set(app, items.map((host) => host.name));
      this.apps.refresh();
    }
    return items;
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
    if (!same) this.onSelect(whole, { undo: draft.selection.size > 0 });
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
    if (!this.gone) this.onSelect(selection, { undo: apps.length > 1 });
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
    this.onSelect(next, { undo: hosts.length > 1 });
  }

  #makeSplitter() {
    const bar = h('div', {
      class: 'splitter', role: 'separator', tabindex: 0, 'aria-orientation': 'vertical', 'aria-label': t('console.resize'), 'aria-valuemin': narrowestPx, 'aria-valuemax': widestPx,
      onkeydown: (event) => {
        const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
        if (!step) return;
        event.preventDefault();
        this.resize(this.width + step);
        setPref('pickerWidth', this.width);
      },
      onpointerdown: (event) => {
        bar.setPointerCapture(event.pointerId);
        const start = event.clientX - this.width;
        const move = (moved) => this.resize(moved.clientX - start);
        bar.addEventListener('pointermove', move);
        bar.addEventListener('pointerup', () => {
          bar.removeEventListener('pointermove', move);
          setPref('pickerWidth', this.width);
        }, { once: true });
      },
    });
    return bar;
  }

  /** Sets the column's width; without a number to what it was last time. */
  resize(px = pref('pickerWidth', 400)) {
    this.width = Math.max(narrowestPx, Math.min(widestPx, px));
    set(this.splitter, { 'aria-valuenow': this.width });
    this.onWidth(this.width);
  }
}

function byName(items, text) {
  const wanted = text.toLowerCase();
  return items.filter((one) => `${one.category || ''}/${one.name}`.toLowerCase().includes(wanted));
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
