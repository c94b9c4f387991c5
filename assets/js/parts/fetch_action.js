// SPDX-License-Identifier: MIT
// What, as a file to collect from every host: its path there. One of the console's actions; see module_action.js.

import { h } from '../dom.js';
import { t } from '../i18n.js';
import { draft, saveDraft } from '../draft.js';
import { checkFields, refuseFields } from './copy_action.js';
import { field, problemOf } from './fields.js';
import { riskMark } from './risk.js';

export class FetchAction {
  constructor({ onChange }) {
    this.onChange = onChange;
    this.risk = 'read';
    this.side = null;
    this.fields = [field('source', { label: t('fetch.source'), hint: t('fetch.source_hint'), required: true, wide: true, value: draft.fetch.source || '', class: 'mono', placeholder: '/var/log/syslog', maxlength: 4096 })];
    this.element = h('div', { class: 'what' }, h('header', { class: 'what-head' }, h('h2', {}, t('kind.fetch')), riskMark('read')), h('p', { class: 'what-caption' }, t('fetch.about')),
      h('form', { class: 'fields', novalidate: true, onsubmit: (event) => event.preventDefault(), oninput: () => this.#edited() }, this.fields.map((one) => one.element)));
  }

  destroy() {}

  get title() {
    return t('fetch.title_of', { source: draft.fetch.source ?? '' });
  }

  readiness() {
    const [{ input }] = this.fields;
    if (!problemOf(input)) return 'ready';
    return input.value.trim() ? 'wrong' : 'missing';
  }

  what() {
    return { kind: 'fetch', fetch: { source: draft.fetch.source.trim() } };
  }

  check() {
    return checkFields(this.fields);
  }

  refuse(problems) {
    return refuseFields(this.fields, problems, 'fetch');
  }

  focus() {
    this.fields[0].input.focus();
  }

  #edited() {
    this.fields[0].problem('');
    saveDraft({ fetch: { source: this.fields[0].input.value } });
    this.onChange();
  }
}
