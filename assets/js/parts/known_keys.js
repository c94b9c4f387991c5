// SPDX-License-Identifier: MIT
// The keys in known_hosts: searched by the server, forgotten one by one, pasted in from elsewhere; and the lines of the
// file that nobody could read.

import { h, replace, setText } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { notice } from '../announce.js';
import { AjaxError, Request } from '../ajax.js';
import { openDialog } from './dialog.js';
import { explained } from './explained.js';
import { field, formOf } from './fields.js';
import { Region } from './region.js';

const pageSize = 200;
const searchAfterMs = 200;

export class KnownKeys {
  constructor() {
    this.keys = [];
    this.total = 0;
    this.filter = h('input', { type: 'search', class: 'filter-input', placeholder: t('host_keys.search'), 'aria-label': t('host_keys.search'), autocomplete: 'off', spellcheck: 'false', oninput: () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), searchAfterMs);
    } });
    this.count = h('span', { class: 'number dim', 'aria-live': 'polite' });
    this.problems = h('div', { class: 'key-problems' });
    this.list = h('ul', { class: 'key-rows' });
    this.more = h('button', { type: 'button', onclick: () => this.load(this.keys.at(-1).line) }, t('host_keys.more'));
    this.moreLine = h('p', { class: 'page-more' }, this.more);
    this.content = h('div', {}, this.list, this.moreLine);
    const body = h('div', {});
    this.region = new Region(body, { lines: 6 });
    this.heading = h('h2', { tabindex: -1 }, t('host_keys.known'));
    this.element = h('section', { class: 'key-section' }, this.heading, h('p', { class: 'dim' }, t('host_keys.known_about')),
      h('div', { class: 'page-tools' }, h('div', { class: 'filter' }, icon('search'), this.filter), this.count), this.problems, body);
    this.load();
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.timer);
    this.request?.abort();
  }

  async load(after = null) {
    const wanted = this.filter.value.trim();
    const request = new Request('/host-keys', { parameters: { q: wanted, limit: pageSize, after } });
    this.request?.abort();
    this.request = request;
    this.region.busy();
    try {
      const answer = await request;
      if (this.gone || this.request !== request) return;
      this.keys = after === null ? answer.host_keys : [...this.keys, ...answer.host_keys];
      this.total = answer.total;
      this.#draw(wanted, answer.problems || []);
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      if (!this.gone && error.code !== 'aborted') this.region.fail(error, () => this.load(after));
    }
  }

  #draw(wanted, problems) {
    replace(this.problems, problems.length > 0 && h('details', { class: 'warn-box' }, h('summary', {}, icon('alert'), t('host_keys.problems', { n: problems.length })),
      h('ul', {}, problems.slice(0, 200).map((one) => h('li', {}, t('import.line', { n: one.line }), ' ', one.message)))));
    setText(this.count, t('host_keys.known_count', { n: this.total }));
    this.moreLine.hidden = this.keys.length >= this.total;
    if (this.keys.length) {
      replace(this.list, this.keys.map((key) => this.#row(key)));
      this.region.show(this.content);
    } else this.region.empty(wanted ? { title: t('list.no_match') } : { title: t('host_keys.none_known'), hint: t('host_keys.none_known_hint') });
  }

  #row(key) {
    const forget = !key.marker && h('button', { type: 'button', class: 'quiet square', 'aria-label': t('host_keys.forget', { names: key.names }), title: t('host_keys.forget', { names: key.names }), onclick: () => this.#forget(key) }, icon('trash'));
    return h('li', { class: 'key-row known-row' }, h('span', { class: 'key-line dim number', title: t('host_keys.line', { n: key.line }) }, String(key.line)),
      h('div', { class: 'key-name' }, key.hashed ? h('span', { class: 'dim' }, t('host_keys.hashed')) : h('span', { class: 'key-names', title: key.names }, key.names.split(',').join(', ')), key.marker && h('span', { class: `badge ${key.marker === 'revoked' ? 'badge-warn' : ''}` }, t(`host_keys.marker_${key.marker.replace('-', '_')}`))),
      h('div', { class: 'key-prints' }, h('div', { class: 'key-print' }, h('span', { class: 'key-label dim' }, key.algorithm), h('code', { class: 'fingerprint' }, key.fingerprint))), forget);
  }

  #forget(key) {
    const go = h('button', { type: 'button', class: 'primary', onclick: async () => {
      go.disabled = true;
      try {
        const { removed } = await new Request('/host-keys/forget', { body: { names: key.names.split(',') } });
        dialog.close();
        notice(t('host_keys.forgotten', { n: removed }));
        this.load();
        this.heading.focus();
      } catch (error) {
        if (!(error instanceof AjaxError)) throw error;
        replace(failure, explained(error));
        go.disabled = false;
        go.focus();
      }
    } }, t('host_keys.forget_go'));
    const failure = h('p', { class: 'form-failure', role: 'alert' });
    const dialog = openDialog({ title: t('host_keys.forget', { names: key.names }), body: [h('p', {}, t('host_keys.forget_about')), failure], actions: [h('button', { type: 'button', onclick: () => dialog.close() }, t('common.cancel')), go] });
    go.focus();
  }

  /** A dialog that takes lines of known_hosts as they are. */
  importDialog() {
    const result = h('div', { class: 'import-result', role: 'status' });
    const text = field('text', { label: t('host_keys.paste'), kind: 'textarea', required: true, wide: true, rows: 8, class: 'mono', placeholder: 'web1,10.0.0.11 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5…', hint: t('host_keys.paste_hint') });
    const dialog = {};
    const form = formOf([text], {
      submit: t('import.import'), cancel: () => dialog.close(), extra: [result], onSubmit: async (values) => {
        const answer = await new Request('/host-keys/import', { body: { text: values.text } });
        this.load();
        if (!answer.problems.length) {
          dialog.close();
          notice(t('host_keys.imported', answer));
          return;
        }
        replace(result, h('p', {}, t('host_keys.imported', answer)), h('ul', { class: 'import-lines' }, answer.problems.slice(0, 200).map((one) => h('li', {}, t('import.line', { n: one.line }), ' ', one.message))));
      },
    });
    Object.assign(dialog, openDialog({ title: t('host_keys.import'), body: form.element, actions: form.buttons, className: 'dialog-wide' }));
    text.input.focus();
  }
}
