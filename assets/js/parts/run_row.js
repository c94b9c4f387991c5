// SPDX-License-Identifier: MIT
// A run as one line: number, what it does, outcome bar in miniature, how it ended, who, when. Used by Runs and by the console.

import { h } from '../dom.js';
import { ago, clock, duration, moment } from '../format.js';
import { icon } from '../icons.js';
import { language, t } from '../i18n.js';
import { badCount, runStanding } from '../outcome.js';
import { kindOf, parametersText, runTitle } from '../run_words.js';
import { serverNow } from '../ajax.js';
import { outcomeMark, tinyBar } from './outcome_bar.js';

const kindIcons = { check: 'check', copy: 'upload', fetch: 'download' };

export function runRow(run) {
  const kind = kindOf(run);
  const bad = badCount(run.counts || {});
  const time = run.state === 'finished' ? duration(run.duration_ms) : clock(serverNow() - Date.parse(run.created_at));
  return h('a', { class: 'run-row', href: `/runs/${run.id}` },
    h('span', { class: 'run-id number' }, `#${run.id}`),
    outcomeMark(runStanding(run)),
    h('span', { class: 'run-module' }, kind in kindIcons && icon(kindIcons[kind], t(`kind.${kind}`)), h('span', { class: 'run-module-name' }, runTitle(run)), h('span', { class: 'run-parameters mono dim' }, parametersText(run))),
    tinyBar(run),
    h('span', { class: 'run-count number' }, bad ? t('runs.trouble', { n: bad, total: run.total }) : t('runs.hosts', { n: run.total })),
    h('span', { class: 'run-user dim' }, run.user),
    h('span', { class: 'run-time number dim' }, time),
    h('time', { class: 'run-when dim', datetime: run.created_at, title: moment(run.created_at, language()) }, ago(run.created_at, language(), serverNow())));
}
