// SPDX-License-Identifier: MIT
// The keys that hosts show: those that wait for somebody's word, and those that are known.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { claimKeys } from '../keys.js';
import { hostTabs } from '../parts/host_tabs.js';
import { KnownKeys } from '../parts/known_keys.js';
import { pageHead } from '../parts/page_head.js';
import { PendingKeys } from '../parts/pending_keys.js';

export class HostKeysView {
  constructor(root) {
    this.known = new KnownKeys();
    this.pending = new PendingKeys({ onChanged: () => this.known.load() });
    root.append(h('div', { class: 'page page-keys' }, hostTabs('host-keys'),
      pageHead(t('nav.host_keys'), t('host_keys.about'), h('button', { type: 'button', onclick: () => this.known.importDialog() }, icon('upload'), t('host_keys.import'))),
      this.pending.element, this.known.element));
    this.release = claimKeys({ '/': () => this.known.filter.focus() });
  }

  get title() {
    return t('nav.host_keys');
  }

  destroy() {
    this.pending.destroy();
    this.known.destroy();
    this.release();
  }
}
