// SPDX-License-Identifier: MIT
// What would help: lines to paste, each set with a button that copies it, and the page where host keys are judged.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { copyButton } from './fields.js';

const shownLines = 4;

/** The lines as the server gave them; nothing when there are none. */
export function remedy(lines) {
  const wanted = lines.filter(Boolean);
  if (!wanted.length) return null;
  const all = wanted.join('\n');
  return h('div', { class: 'remedy' }, h('span', { class: 'dim' }, t('remedy.label')),
    h('code', { class: 'remedy-lines' }, wanted.slice(0, shownLines).join('\n'), wanted.length > shownLines && `\n… ${t('preview.and_more', { n: wanted.length - shownLines })}`), copyButton(all, t('remedy.copy')));
}

/** A link to the host keys for what ended because of one. */
export function keyLink(target) {
  if (!/^ssh\.host_key/.test(target.reason || '')) return null;
  return h('a', { class: 'key-link', href: '/host-keys' }, icon('key'), t('remedy.host_keys'));
}
