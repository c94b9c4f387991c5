// SPDX-License-Identifier: MIT
// A file on its way to or from a target: how far it is, in words and as a share, and the link to what was collected.

import { h } from '../dom.js';
import { bytes } from '../format.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';

/** "12 MiB of 64 MiB" while it is under way, else ''. */
export function progressWords({ state, progress }) {
  if (state !== 'running' || !progress?.total) return '';
  return t('target.progress', { done: bytes(progress.done), total: bytes(progress.total) });
}

/** The share that is done, as a CSS length; nothing is filled unless it is under way. */
export function filled({ state, progress }) {
  if (state !== 'running' || !progress?.total) return '0%';
  return `${Math.min(100, (progress.done / progress.total) * 100).toFixed(1)}%`;
}

/** A link that downloads what a run collected from a target; nothing while there is nothing. */
export function fileLink(run, target) {
  if (run.kind !== 'fetch' || target.outcome !== 'ok') return null;
  const name = (run.spec?.source || '').split('/').filter(Boolean).at(-1) || 'file';
  const size = target.progress?.total ? ` ${bytes(target.progress.total)}` : '';
  return h('a', { class: 'button quiet file-link', href: `/api/v1/runs/${run.id}/targets/${encodeURIComponent(target.host)}/file`, download: `${target.host}-${name}` }, icon('download'), `${t('target.download', { name })}${size}`);
}
