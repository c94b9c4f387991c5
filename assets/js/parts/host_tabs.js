// SPDX-License-Identifier: MIT
// The two views of the hosts, side by side: the inventory, and the keys the hosts show.

import { h } from '../dom.js';
import { t } from '../i18n.js';

const tabs = [['hosts', '/hosts', 'nav.hosts'], ['host-keys', '/host-keys', 'nav.host_keys']];

export function hostTabs(current) {
  return h('nav', { class: 'tabs', 'aria-label': t('nav.hosts') }, tabs.map(([name, path, key]) => h('a', { href: path, class: 'tab', 'aria-current': name === current ? 'page' : null }, t(key))));
}
