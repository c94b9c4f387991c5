// SPDX-License-Identifier: MIT
// What, as a file to distribute: the files on the controller to choose from, where it goes, with which mode and owner,
// and the command that follows. One of the console's actions; see module_action.js.

import { h, replace, setText } from '../dom.js';
import { bytes } from '../format.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { draft, saveDraft } from '../draft.js';
import { fileName, withFolders } from '../file_path.js';
import { field, problemOf } from './fields.js';
import { fillList } from './fill_list.js';
import { ListBox } from './list_box.js';
import { Region } from './region.js';
import { riskMark } from './risk.js';
import { Uploads } from './uploads.js';

const optional = ['mode', 'owner', 'command'];

export class CopyAction {
  constructor({ onChange }) {
    this.onChange = onChange;
    this.risk = 'change';
    this.uploads = new Uploads({ onDone: (file) => this.#load(file.path) });
    this.uploads.button.className = 'quiet small';
    this.list = new ListBox({
      label: t('copy.file'), className: 'listbox-side', keyOf: (one) => one.path, rowHeight: 48, match: (files, text) => files.filter((one) => one.path.toLowerCase().includes(text.toLowerCase())),
      mark: (one) => one.path === draft.copy.source, fill: fillFile, onOpen: (one) => this.#choose(one.path), tools: [this.uploads.button, this.uploads.input],
    });
    this.region = new Region(this.list.body, { lines: 5 });
    this.list.element.append(this.uploads.element);
    this.side = this.list.element;
    this.chosen = h('p', { class: 'what-caption' });
    this.fields = [
      field('destination', { label: t('copy.destination'), hint: t('copy.destination_hint'), required: true, wide: true, value: draft.copy.destination || '', class: 'mono', placeholder: '/opt/app.tar', maxlength: 4096 }),
      field('mode', { label: t('copy.mode'), hint: t('copy.mode_hint'), value: draft.copy.mode || '', class: 'mono', placeholder: '0644', pattern: '[0-7]{3,4}' }),
      field('owner', { label: t('copy.owner'), hint: t('copy.owner_hint'), value: draft.copy.owner || '', class: 'mono', placeholder: 'www-data:www-data', maxlength: 128 }),
      field('command', { label: t('copy.command'), hint: t('copy.command_hint'), value: draft.copy.command || '', class: 'mono', wide: true, placeholder: 'systemctl reload nginx', maxlength: 4096 }),
    ];
    this.element = h('div', { class: 'what' }, h('header', { class: 'what-head' }, h('h2', {}, t('kind.copy')), riskMark('change')), this.chosen,
      h('form', { class: 'fields', novalidate: true, onsubmit: (event) => event.preventDefault(), oninput: () => this.#edited() }, this.fields.map((one) => one.element)));
    this.#showChosen();
    this.#load();
  }

  destroy() {
    this.gone = true;
    this.list.destroy();
    this.uploads.destroy();
  }

  get title() {
    return t('copy.title_of', { source: draft.copy.source ?? '', destination: draft.copy.destination ?? '' });
  }

  readiness() {
    if (!draft.copy.source) return 'choose';
    const problems = this.fields.map((one) => [one, problemOf(one.input)]).filter(([, text]) => text);
    if (problems.some(([one]) => !one.input.value.trim())) return 'missing';
    for (const [one, text] of problems) one.problem(text);
    return problems.length ? 'wrong' : 'ready';
  }

  what() {
    const { source, destination } = draft.copy;
    const copy = { source, destination: destination.trim() };
    for (const name of optional) if (draft.copy[name]?.trim()) copy[name] = draft.copy[name].trim();
    return { kind: 'copy', copy };
  }

  check() {
    return checkFields(this.fields);
  }

  refuse(problems) {
    return refuseFields(this.fields, problems, 'copy');
  }

  focus() {
    this.list.filter.focus();
  }

  #edited() {
    for (const one of this.fields) one.problem('');
    saveDraft({ copy: { source: draft.copy.source, ...Object.fromEntries(this.fields.map((one) => [one.input.name, one.input.value])) } });
    this.onChange();
  }

  #choose(path) {
    saveDraft({ copy: { ...draft.copy, source: path } });
    this.list.refresh();
    this.#showChosen();
    this.onChange();
  }

  #showChosen() {
    const { source } = draft.copy;
    if (source) replace(this.chosen, icon('file'), h('code', {}, source));
    else setText(this.chosen, t('copy.choose'));
    this.fields[0].input.placeholder = source ? `/opt/${fileName(source)}` : '/opt/app.tar';
  }

  async #load(choose = null) {
    const items = await fillList(this.list, this.region, '/files', { take: ({ files }) => withFolders(files), empty: () => ({ title: t('files.none'), hint: t('files.none_hint') }), gone: () => this.gone });
    if (!items) return;
    if (choose !== null) this.#choose(choose);
    else if (draft.copy.source && !items.some((one) => one.path === draft.copy.source)) this.#choose(undefined);
  }
}

/** Checks fields as they demand; shows what does not fit and gives the focus to the first. True if all fit. */
export function checkFields(fields) {
  let first = null;
  for (const one of fields) {
    const text = problemOf(one.input);
    one.problem(text);
    if (text && !first) first = one.input;
  }
  first?.focus();
  return !first;
}

/** Shows the server's problems, a Map by field name ("mode" or "copy.mode"). Returns whether all of them have a field here. */
export function refuseFields(fields, problems, family) {
  let all = true;
  for (const [name, text] of problems) {
    const found = fields.find((one) => name === one.input.name || name === `${family}.${one.input.name}`);
    if (found) found.problem(text);
    else all = false;
  }
  return all;
}

function fillFile(file, row) {
  row.classList.add('option-module');
  row.title = file.path;
  replace(row, icon(file.folder ? 'folder' : 'file'), h('span', { class: 'option-main' }, h('span', { class: 'option-line' }, h('span', { class: 'option-name' }, file.folder ? `${file.path}/` : file.path)), h('span', { class: 'option-caption dim number' }, [file.folder && t('copy.folder', { n: file.folder }), bytes(file.size_bytes)].filter(Boolean).join(' · '))));
}
