// SPDX-License-Identifier: MIT
// How a run goes to its hosts: all at once, or in batches with a canary, a limit of failures, a pause. Folded away until
// somebody wants it; its line says what will happen.

import { h, setText } from '../dom.js';
import { t } from '../i18n.js';
import { batchesOf, noBatches, plannedBatches, wrongBatchFields } from '../batches.js';
import { batchRules } from '../run_words.js';
import { field } from './fields.js';

export class BatchOptions {
  /** values: the fields as texts (see batches.js). onChange(values). */
  constructor(values, onChange) {
    this.values = values;
    this.onChange = onChange;
    this.total = 0;
    this.fields = [
      field('size', { label: t('batches.size'), hint: t('batches.size_hint'), value: values.size, placeholder: t('batches.size_all'), maxlength: 6 }),
      field('canary', { label: t('batches.canary'), hint: t('batches.canary_hint'), value: values.canary, placeholder: '0', inputmode: 'numeric', maxlength: 6 }),
      field('max_failed', { label: t('batches.max_failed'), hint: t('batches.max_failed_hint'), value: values.max_failed, placeholder: t('batches.max_failed_none'), maxlength: 6 }),
      field('pause', { label: t('batches.pause'), kind: 'select', options: ['never', 'after_canary', 'after_each'].map((one) => [one, t(`batches.pause_${one}`)]), value: values.pause, hint: t('batches.pause_hint') }),
      field('order', { label: t('batches.order'), kind: 'select', options: ['given', 'random'].map((one) => [one, t(`batches.order_${one}`)]), value: values.order }),
    ];
    this.line = h('span', { class: 'batches-line dim', 'aria-live': 'polite' });
    const reset = h('button', { type: 'button', class: 'link', onclick: () => this.#reset() }, t('batches.reset'));
    this.element = h('details', { class: 'batches' }, h('summary', {}, h('span', { class: 'batches-title' }, t('batches.title')), ' ', this.line),
      h('div', { class: 'fields batches-fields', oninput: () => this.#edited() }, this.fields.map((one) => one.element)), reset);
    this.update(0);
  }

  /** So many hosts are chosen. */
  update(total) {
    this.total = total;
    this.decided = null;
    const wrong = this.wrong();
    for (const one of this.fields) one.problem(wrong.includes(one.input.name) ? t('batches.wrong') : '');
    setText(this.line, wrong.length ? t('batches.wrong') : this.rules());
  }

  /** What the server will do, from its preview: {count, sizes: the first ones}, or null. */
  decide(batches) {
    this.decided = batches && batches.count === batches.sizes.length ? batches.sizes : null;
    if (!this.wrong().length) setText(this.line, this.rules());
  }

  /** What will happen, in one line: as the server says it, or until it does as it is expected. */
  rules() {
    const batches = batchesOf(this.values);
    return batchRules(batches, batches && this.total ? this.decided || plannedBatches(this.total, batches) : null);
  }

  wrong() {
    return wrongBatchFields(this.values);
  }

  /** Opens the fold with the focus on the first field that does not fit. */
  show() {
    this.element.open = true;
    const [name] = this.wrong();
    this.fields.find((one) => one.input.name === name)?.input.focus();
  }

  /** Shows what the server says of the fields, a Map by name. Returns whether one of them is here. */
  refuse(problems) {
    const here = this.fields.filter((one) => problems.has(one.input.name) || problems.has(`batches.${one.input.name}`));
    for (const one of here) one.problem(problems.get(one.input.name) ?? problems.get(`batches.${one.input.name}`));
    if (here.length) this.element.open = true;
    return here.length > 0;
  }

  #edited() {
    this.values = Object.fromEntries(this.fields.map((one) => [one.input.name, one.input.value]));
    this.update(this.total);
    this.onChange(this.values);
  }

  #reset() {
    for (const one of this.fields) one.input.value = noBatches[one.input.name];
    this.#edited();
    this.element.querySelector('summary').focus();
  }
}
