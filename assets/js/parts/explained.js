// SPDX-License-Identifier: MIT
// An error as content: the sentence, and where the server's own English says more than it, that one click away.

import { h } from '../dom.js';
import { explain } from '../errors.js';
import { t } from '../i18n.js';

export function explained(error) {
  const { text, raw } = explain(error);
  return [h('span', { class: 'explained' }, text), raw && h('details', { class: 'raw' }, h('summary', {}, t('common.details')), h('code', { lang: 'en' }, raw))];
}
