// SPDX-License-Identifier: MIT
// Host keys that wait for somebody's word: new, changed, recorded without asking. They are ticked and accepted or
// rejected together; a changed key wants an explicit yes, because it may be somebody in between.

import { h, nameOf, replace, set, setText } from '../dom.js';
import { ago, moment } from '../format.js';
import { icon } from '../icons.js';
import { language, t } from '../i18n.js';
import { notice } from '../announce.js';
import { comparedWith } from '../fingerprints.js';
import { AjaxError, Request, serverNow } from '../ajax.js';
import { openDialog } from './dialog.js';
import { explained } from './explained.js';
import { Region } from './region.js';

const pageSize = 200;
const glyphs = { unknown: 'plus', accepted: 'ok', changed: 'alert', revoked: 'failed', only_ca: 'alert' };
/** What can be accepted at all. */
const open = new Set(['unknown', 'accepted', 'changed', 'only_ca']);

export class PendingKeys {
  /** onChanged(): known_hosts is another now. */
  constructor({ onChanged }) {
    this.onChanged = onChanged;
    this.keys = [];
    this.ticked = new Set();
    this.total = 0;
    this.count = h('span', { class: 'number dim', 'aria-live': 'polite' });
    this.all = h('input', { type: 'checkbox', 'aria-label': t('host_keys.tick_all'), onchange: () => this.#tickAll() });
    this.acceptButton = h('button', { type: 'button', class: 'primary', onclick: () => this.#ask('accept') }, icon('ok'), h('span', {}));
    this.rejectButton = h('button', { type: 'button', onclick: () => this.#ask('reject') }, icon('trash'), h('span', {}));
    this.allNew = h('button', { type: 'button', onclick: () => this.#askAllNew() }, icon('ok'), t('host_keys.accept_all_new'));
    this.tools = h('div', { class: 'page-tools', hidden: true }, h('label', { class: 'tick-all' }, this.all, this.count), this.acceptButton, this.rejectButton, this.allNew);
    this.list = h('ul', { class: 'key-rows' });
    this.more = h('button', { type: 'button', onclick: () => this.#load(this.keys.at(-1).id) }, t('host_keys.more'));
    this.moreLine = h('p', { class: 'page-more' }, this.more);
    this.content = h('div', {}, this.list, this.moreLine);
    const body = h('div', {});
    this.region = new Region(body, { lines: 4 });
    this.heading = h('h2', { tabindex: -1 }, t('host_keys.pending'));
    this.element = h('section', { class: 'key-section' }, this.heading, h('p', { class: 'dim' }, t('host_keys.pending_about')), this.tools, body);
    this.#load(null);
  }

  destroy() {
    this.gone = true;
    this.request?.abort();
  }

  async #load(after) {
    const request = new Request('/host-keys/pending', { parameters: { limit: pageSize, after } });
    this.request?.abort();
    this.request = request;
    this.region.busy();
    try {
      const { pending, total } = await request;
      if (this.gone || this.request !== request) return;
      this.keys = after === null ? pending : [...this.keys, ...pending];
      this.total = total;
      this.ticked = new Set([...this.ticked].filter((id) => this.keys.some((key) => key.id === id)));
      this.#draw();
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      if (!this.gone && error.code !== 'aborted') this.region.fail(error, () => this.#load(after));
    }
  }

  #draw() {
    this.tools.hidden = this.keys.length === 0;
    this.moreLine.hidden = this.keys.length >= this.total;
    if (this.keys.length) {
      replace(this.list, this.keys.map((key) => this.#row(key)));
      this.region.show(this.content);
    } else {
      this.region.empty({ title: t('host_keys.nothing'), hint: t('host_keys.nothing_hint') });
    }
    this.#marks();
  }

  #row(key) {
    const changed = key.verdict === 'changed' && key.known_fingerprint;
    const tick = h('input', { type: 'checkbox', checked: this.ticked.has(key.id), 'aria-label': t('host_keys.tick', { name: key.name }), onchange: () => {
      if (tick.checked) this.ticked.add(key.id);
      else this.ticked.delete(key.id);
      this.#marks();
    } });
    const [first = key.name, ...others] = key.hosts || [];
    const more = [first !== key.name && key.name, others.length > 0 && t('host_keys.used_by', { hosts: others.slice(0, 4).join(t('common.comma')) }), !key.hosts?.length && t('host_keys.used_by_none')].filter(Boolean);
    return h('li', { class: `key-row key-${key.verdict}` }, tick,
      h('div', { class: 'key-name' }, nameOf(first), more.map((text) => h('span', { class: 'dim key-hosts' }, text))),
      h('span', { class: `key-verdict verdict-${key.verdict}`, title: t(`host_keys.verdict_${key.verdict}_means`) }, icon(glyphs[key.verdict] || 'alert'), h('span', {}, t(`host_keys.verdict_${key.verdict}`))),
      h('div', { class: 'key-prints' }, changed && print(t('host_keys.was'), key.known_fingerprint, key.fingerprint), print(changed ? t('host_keys.now') : key.algorithm, key.fingerprint, changed ? key.known_fingerprint : null),
        changed && h('span', { class: 'dim key-kind' }, key.algorithm)),
      h('time', { class: 'dim number key-when', datetime: key.last_seen, title: t('host_keys.seen', { first: moment(key.first_seen, language()), last: moment(key.last_seen, language()) }) }, ago(key.last_seen, language(), serverNow())));
  }

  #chosen() {
    return this.keys.filter((key) => this.ticked.has(key.id));
  }

  #marks() {
    const chosen = this.#chosen();
    setText(this.count, chosen.length ? t('list.some_of', { n: chosen.length, all: this.total }) : t('host_keys.count', { n: this.total }));
    this.all.checked = chosen.length > 0 && chosen.length === this.keys.length;
    this.all.indeterminate = chosen.length > 0 && chosen.length < this.keys.length;
    setText(this.acceptButton.lastChild, t('host_keys.accept', { n: chosen.length }));
    setText(this.rejectButton.lastChild, t('host_keys.reject', { n: chosen.length }));
    const focused = document.activeElement;
    set(this.acceptButton, { disabled: !chosen.some((key) => open.has(key.verdict)) });
    set(this.rejectButton, { disabled: chosen.length === 0 });
    this.allNew.hidden = !this.keys.some((key) => key.verdict === 'unknown' || key.verdict === 'accepted');
    if ([this.acceptButton, this.rejectButton, this.allNew].includes(focused) && (focused.disabled || focused.hidden)) this.heading.focus();
  }

  #tickAll() {
    this.ticked = this.all.checked ? new Set(this.keys.map((key) => key.id)) : new Set();
    for (const [at, row] of [...this.list.children].entries()) row.querySelector('input').checked = this.ticked.has(this.keys[at].id);
    this.#marks();
  }

  /** Says what will happen to the ticked keys and does it. */
  #ask(verb) {
    const chosen = this.#chosen().filter((key) => verb === 'reject' || open.has(key.verdict));
    if (!chosen.length) return;
    const changed = verb === 'accept' ? chosen.filter((key) => key.verdict === 'changed') : [];
    const list = (keys) => h('ul', { class: 'key-list' }, keys.slice(0, 50).map((key) => h('li', {}, h('span', { class: 'key-list-name' }, nameOf(key.hosts?.[0] || key.name)), h('code', { class: 'fingerprint' }, key.fingerprint))), keys.length > 50 && h('li', { class: 'dim' }, t('preview.and_more', { n: keys.length - 50 })));
    const fresh = chosen.filter((key) => !changed.includes(key));
    this.#confirm({
      title: t(`host_keys.${verb}_title`, { n: chosen.length }), label: t(`host_keys.${verb}`, { n: chosen.length }),
      body: [
        h('p', {}, t(verb === 'accept' ? 'host_keys.accept_about' : 'host_keys.reject_about')),
        changed.length > 0 && h('div', { class: 'key-danger' }, h('p', { class: 'warn' }, icon('alert'), h('span', {}, t('host_keys.changed_about', { n: changed.length }))), list(changed)),
        fresh.length > 0 && list(fresh),
      ],
      tick: changed.length ? t('host_keys.changed_sure', { n: changed.length }) : '', option: verb === 'reject' ? t('host_keys.revoke') : '',
      send: (opted) => new Request(`/host-keys/${verb}`, { body: { ids: chosen.map((key) => key.id), ...(opted && { revoke: true }) } }),
    });
  }

  #askAllNew() {
    this.#confirm({
      title: t('host_keys.accept_all_new'), label: t('host_keys.accept_all_new'), tick: '',
      body: [h('p', {}, t('host_keys.accept_about')), h('p', { class: 'dim' }, t('host_keys.all_new_about'))], send: () => new Request('/host-keys/accept', { body: { all_new: true } }),
    });
  }

  /** Asks; tick: what must be ticked before it may go on; option: what may be ticked, send() is told whether it was. */
  #confirm({ title, label, body, tick, option = '', send }) {
    const failure = h('div', { class: 'form-failure', role: 'alert' });
    const go = h('button', { type: 'button', class: 'primary', disabled: Boolean(tick), onclick: async () => {
      go.disabled = true;
      try {
        const answer = await send(Boolean(optional?.checked));
        this.#done(answer, dialog, failure, go);
      } catch (error) {
        if (!(error instanceof AjaxError)) throw error;
        replace(failure, explained(error));
        go.disabled = false;
        go.focus();
      }
    } }, label);
    const optional = option ? h('input', { type: 'checkbox' }) : null;
    const sure = tick && h('input', { type: 'checkbox', onchange: () => { go.disabled = !sure.checked; } });
    const dialog = openDialog({
      title, body: [...body, sure && h('label', { class: 'form-tick key-sure' }, sure, h('span', {}, tick)), optional && h('label', { class: 'form-tick key-sure' }, optional, h('span', {}, option)), failure].filter(Boolean), className: 'dialog-wide',
      actions: [h('button', { type: 'button', onclick: () => dialog.close() }, t('common.cancel')), go],
      onClose: () => { if (!this.gone && (document.activeElement === document.body || document.activeElement?.disabled)) this.heading.focus(); },
    });
    (sure || go).focus();
  }

  #done(answer, dialog, failure, go) {
    this.ticked.clear();
    this.#load(null);
    if (answer.accepted) this.onChanged();
    if (answer.rejected) this.onChanged();
    const done = answer.accepted === undefined ? t('host_keys.rejected', { n: answer.rejected }) : t('host_keys.accepted', { n: answer.accepted });
    if (!answer.refused?.length) {
      dialog.close();
      notice(done);
      return;
    }
    go.hidden = true;
    const [cancel] = dialog.element.querySelectorAll('.dialog-foot button');
    setText(cancel, t('common.close'));
    cancel.focus();
    replace(failure, h('p', {}, done), h('ul', {}, answer.refused.map((one) => h('li', {}, `${one.name}: `, explained(one)))));
  }
}

/** A fingerprint with what it is; held against another, the letters that differ are marked. */
function print(label, text, other) {
  return h('div', { class: 'key-print' }, h('span', { class: 'key-label dim' }, label),
    h('code', { class: 'fingerprint' }, other ? comparedWith(text, other).map((run) => (run.differs ? h('mark', {}, run.text) : run.text)) : text));
}
