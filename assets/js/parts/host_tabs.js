// SPDX-License-Identifier: MIT
// The two views of the hosts, side by side: the inventory, and the keys the hosts show, with how many of them wait.

import { h, setText } from '../dom.js';
import { t } from '../i18n.js';
import { AjaxError, Request } from '../ajax.js';

const tabs = [['hosts', '/hosts', 'nav.hosts'], ['host-keys', '/host-keys', 'nav.host_keys']];

export function hostTabs(current) {
  const waiting = h('span', { class: 'tab-count number' });
  if (current === 'hosts') count(waiting);
  return h('nav', { class: 'tabs', 'aria-label': t('nav.hosts') }, tabs.map(([name, path, key]) => h('a', { href: path, class: 'tab', 'aria-current': name === current ? 'page' : null }, t(key), name === 'host-keys' && waiting)));
}

/** It is only a hint: where it cannot be read nothing is said. */
async function count(element) {
  try {
    const { total } = await new Request('/host-keys/pending', { parameters: { limit: 1 } });
    setText(element, total ? String(total) : '');
    element.title = t('host_keys.waiting', { n: total });
  } catch (error) {
    if (!(error instanceof AjaxError)) throw error;
  }
}
