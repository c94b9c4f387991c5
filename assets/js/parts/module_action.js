// SPDX-License-Identifier: MIT
// What, as a module: the list to choose from, the chosen module's head and its form. One of the console's actions, which
// all have: side and element to show, risk and title, readiness(), what() for the request, check(), refuse(), destroy().

import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { own, t, wordFor } from '../i18n.js';
import { draft, saveDraft } from '../draft.js';
import { AjaxError, Request } from '../ajax.js';
import { addModuleDialog, brokenSource, stateMark } from './add_module.js';
import { explained } from './explained.js';
import { fillList } from './fill_list.js';
import { narrow } from './host_picker.js';
import { ListBox } from './list_box.js';
import { bareCaption, ModuleForm } from './module_form.js';
import { Region } from './region.js';
import { riskMark } from './risk.js';

export class ModuleAction {
  /** onChange(): what would run is another thing now. */
  constructor({ onChange }) {
    this.onChange = onChange;
    this.modules = [];
    this.form = null;
    const add = h('button', { type: 'button', class: 'quiet small', onclick: () => addModuleDialog({ onAdded: (module) => this.#load(module.id) }) }, icon('plus'), t('modules.add'));
    this.list = new ListBox({
      label: t('console.module'), className: 'listbox-side listbox-modules', keyOf: (one) => one.id, rowHeight: 48, match: matchModule, placeholder: t('console.filter_modules'),
      mark: (one) => one.id === draft.module, fill: fillModule, onOpen: (one) => this.#choose(one), tools: [add],
    });
    this.region = new Region(this.list.body, { lines: 7 });
    this.side = this.list.element;
    this.element = h('div', { class: 'what' });
    this.#show();
    this.#load();
  }

  destroy() {
    this.gone = true;
    this.list.destroy();
  }

  get module() {
    return this.modules.find((one) => one.id === draft.module) || null;
  }

  get risk() {
    return this.module?.risk || 'read';
  }

  get title() {
    return this.module ? `${this.module.id} ${own(this.module, 'name')}` : '';
  }

  /** 'choose' while nothing is chosen, 'loading', 'missing' or 'wrong' while the form is not filled in well, else 'ready'. */
  readiness() {
    if (!this.module) return 'choose';
    return this.form ? this.form.readiness() : 'loading';
  }

  what() {
    return { module: draft.module, parameters: this.form.read() };
  }

  check() {
    return this.form.check();
  }

  refuse(problems) {
    return this.form?.refuse(problems) ?? false;
  }

  focus() {
    this.list.filter.focus();
  }

  /** The preview found the file of a module that was not written yet: the list should say so, once. */
  noteReady() {
    const { module } = this;
    if (module?.source?.state !== 'not_written' || this.noted === module.id) return;
    this.noted = module.id;
    this.#load();
  }

  async #load(choose = null) {
    const items = await fillList(this.list, this.region, '/modules', { take: ({ modules }) => modules, empty: () => ({ title: t('modules.none') }), gone: () => this.gone });
    if (!items) return;
    this.modules = items;
    if (choose !== null) saveDraft({ module: choose });
    if (!items.some((one) => one.id === draft.module)) saveDraft({ module: null });
    this.list.refresh();
    this.#show();
    this.onChange();
  }

  #choose(module) {
    saveDraft({ module: module.id });
    this.list.refresh();
    this.#show();
    this.onChange();
    if (narrow.matches) this.element.scrollIntoView({ block: 'nearest' });
  }

  /** The chosen module's head is there at once; its form is read from the server, where it may have changed. */
  #show() {
    const { module } = this;
    this.form = null;
    if (!module) {
      replace(this.element, h('div', { class: 'blank' }, h('p', { class: 'blank-title' }, t('console.pick_module')), h('p', { class: 'blank-hint' }, t('console.steps'))));
      return;
    }
    const { source } = module;
    const form = h('div', { class: 'what-form' });
    replace(this.element, h('header', { class: 'what-head' }, h('h2', {}, h('span', { class: 'what-id number' }, String(module.id)), own(module, 'name')), riskMark(module.risk), h('span', { class: 'badge' }, wordFor('platform', module.platform))),
      own(module, 'caption') && h('p', { class: 'what-caption' }, bareCaption(own(module, 'caption'))),
      source && source.state !== 'ready' && h('p', { class: `what-state what-${source.state}` }, stateMark(module), source.state === 'broken' ? h('span', {}, explained(brokenSource(module))) : h('span', {}, t('modules.write', { path: source.path }))),
      form);
    this.#loadForm(module.id, new Region(form, { lines: 2 }));
  }

  async #loadForm(id, region) {
    region.busy();
    try {
      const { module } = await new Request(`/modules/${id}`);
      if (this.gone || draft.module !== id || !region.element.isConnected) return;
      this.form = new ModuleForm(module, draft.values[id] || {}, () => {
        saveDraft({ values: { ...draft.values, [id]: this.form.memory() } });
        this.onChange();
      });
      region.show(this.form.element);
      this.onChange();
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      if (!this.gone && region.element.isConnected) region.fail(error, () => this.#loadForm(id, region));
    }
  }
}

function matchModule(items, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((one) => {
    const hay = [one.id, one.name, one.name_en, one.caption, one.caption_en].join('\n').toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

function fillModule(module, row) {
  row.classList.add('option-module');
  const state = module.source?.state;
  replace(row, h('span', { class: 'option-id number' }, String(module.id)), h('span', { class: 'option-main' },
    h('span', { class: 'option-line' }, h('span', { class: 'option-name' }, own(module, 'name')), module.risk !== 'read' && riskMark(module.risk)),
    h('span', { class: 'option-caption dim' }, state && state !== 'ready' ? stateMark(module) : bareCaption(own(module, 'caption')))));
}
