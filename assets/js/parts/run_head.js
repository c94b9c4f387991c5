// SPDX-License-Identifier: MIT
// The head of a run: its number and what it does, who asked for it and when, its batches, its permanent link; and the
// hosts chosen for it while it is the run on the console's screen.

import { h, replace } from '../dom.js';
import { moment } from '../format.js';
import { icon } from '../icons.js';
import { language, t, wordFor } from '../i18n.js';
import { draft } from '../draft.js';
import { runStanding } from '../outcome.js';
import { batchRules, kindOf, riskOf, runTitle } from '../run_words.js';
import { Chips } from './chips.js';
import { copyButton } from './fields.js';
import { outcomeMark } from './outcome_bar.js';
import { riskMark } from './risk.js';

export class RunHead {
  /** actions: the element with the buttons. */
  constructor(run, actions) {
    const onScreen = draft.screen === run.id;
    const back = t(onScreen ? 'run.back_console' : 'run.back_runs');
    this.mark = h('span', { class: 'run-mark' });
    const kind = kindOf(run);
    const risk = riskOf(run);
    const title = h('div', { class: 'run-title' }, h('a', { class: 'button quiet square', href: onScreen ? '/' : '/runs', 'aria-label': back, title: back }, icon('left')),
      this.mark, h('h1', {}, t('run.title', { id: run.id })), h('span', { class: 'run-what' }, runTitle(run)), (kind === 'copy' || kind === 'fetch') && h('span', { class: 'badge' }, t(`kind.${kind}`)), risk !== 'read' && riskMark(risk));
    const chips = onScreen && draft.selection.size > 0 && new Chips();
    if (chips) chips.update(draft.selection);
    this.element = h('header', { class: 'run-head' }, h('div', { class: 'run-headline' }, title, actions),
      h('p', { class: 'run-meta dim' }, bits(run)), chips && h('div', { class: 'run-selection' }, chips.element, h('a', { class: 'button quiet', href: '/' }, t('run.edit'))));
    this.update(run);
  }

  update(run) {
    const key = runStanding(run);
    if (this.key === key) return;
    this.key = key;
    replace(this.mark, outcomeMark(key, { word: true }));
  }
}

function bits(run) {
  return [
    ...(run.parameters || []).map((one) => h('code', {}, `${one.name}=${one.secret ? '••••' : one.value}`)), ...specBits(run),
    h('span', {}, t('run.by', { user: run.user, via: wordFor('via', run.via) })), h('time', { datetime: run.created_at }, moment(run.created_at, language())),
    run.platform && h('span', {}, wordFor('platform', run.platform)),
    run.batches && h('span', {}, batchRules(run.batches)),
    run.source?.path && h('span', { class: 'mono', title: run.source.sha256 }, run.source.path),
    h('span', { class: 'run-link' }, h('a', { href: `/runs/${run.id}` }, `/runs/${run.id}`), copyButton(new URL(`/runs/${run.id}`, location.href).href, t('run.copy_link'))),
  ].filter(Boolean);
}

/** How a file is put in place. */
function specBits({ spec }) {
  return ['mode', 'owner', 'command'].filter((name) => spec?.[name]).map((name) => h('span', {}, `${t(`copy.${name}`)} `, h('code', {}, spec[name])));
}
