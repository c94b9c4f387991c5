// SPDX-License-Identifier: MIT
// A run as one line: number, module, outcome bar in miniature, how it ended, who, when. Used by Runs and by the console.

import { h } from '../dom.js';
import { ago, clock, duration, moment } from '../format.js';
import { language, own, t } from '../i18n.js';
import { runStanding, troubleCount } from '../outcome.js';
import { serverNow } from '../ajax.js';
import { outcomeMark, tinyBar } from './outcome_bar.js';

export function parametersText(run) {
  return (run.parameters || []).map((one) => (one.secret ? '••••' : one.value)).filter(Boolean).join(' ');
}

export function moduleTitle(module) {
  return module ? `${module.id} ${own(module, 'name')}` : '';
}

export function runRow(run) {
  const trouble = troubleCount(run.counts || {});
  const time = run.state === 'finished' ? duration(run.duration_ms) : clock(serverNow() - Date.parse(run.created_at));
  return h('a', { class: 'run-row', href: `/runs/${run.id}` },
    h('span', { class: 'run-id number' }, `#${run.id}`),
    outcomeMark(runStanding(run)),
    h('span', { class: 'run-module' }, h('span', { class: 'run-module-name' }, moduleTitle(run.module)), h('span', { class: 'run-parameters mono dim' }, parametersText(run))),
    tinyBar(run),
    h('span', { class: 'run-count number' }, trouble ? t('runs.trouble', { n: trouble, total: run.total }) : t('runs.hosts', { n: run.total })),
    h('span', { class: 'run-user dim' }, run.user),
    h('span', { class: 'run-time number dim' }, time),
    h('time', { class: 'run-when dim', datetime: run.created_at, title: moment(run.created_at, language()) }, ago(run.created_at, language(), serverNow())));
}
