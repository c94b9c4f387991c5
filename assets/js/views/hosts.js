// SPDX-License-Identifier: MIT
// The inventory: every host on one line, a filter, and the ways to add more.

import { h, nameOf, replace, setText } from '../dom.js';
import { ago } from '../format.js';
import { icon } from '../icons.js';
import { language, t, wordFor } from '../i18n.js';
import { claimKeys } from '../keys.js';
import { draft, saveDraft } from '../draft.js';
import { go } from '../router.js';
import { serverNow, Updater } from '../ajax.js';
import { matching, Selection } from '../selection.js';
import { addHostDialog } from '../parts/add_host.js';
import { addAppDialog, importDialog } from '../parts/add_hosts.js';
import { hostTabs } from '../parts/host_tabs.js';
import { outcomeMark } from '../parts/outcome_bar.js';
import { pageHead } from '../parts/page_head.js';
import { Region } from '../parts/region.js';
import { VirtualList } from '../parts/virtual_list.js';

const rowHeight = matchMedia('(max-width: 699px)').matches ? 56 : 32;

export class HostsView {
  constructor(root) {
    this.hosts = [];
    this.shown = [];
    this.active = -1;
    this.count = h('span', { class: 'dim number', 'aria-live': 'polite' });
    this.filter = h('input', { type: 'search', class: 'filter-input', placeholder: t('console.filter_hosts'), 'aria-label': t('console.filter_hosts'), autocomplete: 'off', spellcheck: 'false', oninput: () => this.#narrow() });
    this.pick = h('button', { type: 'button', onclick: () => this.#toConsole() }, icon('console'), h('span', {}));
    this.rows = h('div', { role: 'rowgroup', class: 'host-rows' });
    this.table = h('div', { class: 'host-table', role: 'table', 'aria-label': t('nav.hosts') },
      h('div', { role: 'rowgroup' }, h('div', { class: 'host-row host-row-head', role: 'row' }, ['host.name', 'host.address', 'host.connect', 'host.app', 'host.tags', 'host.last'].map((key) => h('span', { role: 'columnheader' }, t(key))))), this.rows);
    this.list = new VirtualList({ scroller: root, element: this.rows, rowHeight, render: (index, row) => this.#row(index, row), key: (index) => this.shown[index].name });
    this.noMatch = h('p', { class: 'blank-hint', hidden: true }, t('list.no_match'));
    this.content = h('div', {}, this.table, this.noMatch);
    const body = h('div', {});
    const refresh = () => this.updater.refresh();
    this.element = h('div', { class: 'page page-hosts' },
      hostTabs('hosts'), pageHead(t('nav.hosts'), t('hosts.about'),
        h('button', { type: 'button', onclick: () => addAppDialog({ onAdded: refresh }) }, icon('plus'), t('app.add')),
        h('button', { type: 'button', onclick: () => importDialog({ onImported: refresh }) }, icon('upload'), t('import.title')),
        h('button', { type: 'button', class: 'primary', onclick: () => addHostDialog({ onAdded: refresh }) }, icon('plus'), t('hosts.add'))),
      h('div', { class: 'page-tools' }, h('div', { class: 'filter' }, icon('search'), this.filter), this.count, this.pick), body);
    root.append(this.element);
    this.updater = new Updater(new Region(body, { lines: 8 }), '/hosts', {
      render: ({ hosts }) => {
        this.hosts = hosts;
        queueMicrotask(() => this.#narrow());
        return hosts.length ? this.content : null;
      },
      empty: () => ({ title: t('hosts.none'), hint: t('hosts.none_hint') }),
    });
    this.release = claimKeys({ '/': () => this.filter.focus(), Escape: () => this.#escape() });
  }

  get title() {
    return t('nav.hosts');
  }

  destroy() {
    this.updater.stop();
    this.list.destroy();
    this.release();
  }

  #narrow() {
    this.shown = matching(this.hosts, this.filter.value);
    this.noMatch.hidden = this.shown.length > 0;
    this.list.update(this.shown.length);
    setText(this.count, this.shown.length === this.hosts.length ? t('run.all_hosts', { n: this.hosts.length }) : t('list.some_of', { n: this.shown.length, all: this.hosts.length }));
    setText(this.pick.lastChild, t('hosts.to_console', { n: this.shown.length }));
    this.pick.hidden = this.shown.length === 0 || !this.filter.value.trim();
  }

  #row(index, row) {
    const host = this.shown[index];
    const element = row || h('div', { role: 'row', class: 'host-row' });
    const connect = connectWords(host);
    replace(element,
      h('span', { role: 'cell', class: 'host-name' }, nameOf(host.name), host.legacy_algorithms && h('span', { class: 'badge badge-warn', title: t('host.legacy_warning') }, t('host.legacy_badge'))), h('span', { role: 'cell', class: 'host-address number' }, host.address), h('span', { role: 'cell', class: 'host-connect dim', title: connect }, connect),
      h('span', { role: 'cell', class: 'host-apps' }, (host.apps || []).join(t('common.comma'))), h('span', { role: 'cell', class: 'host-tags' }, (host.tags || []).map((tag) => h('span', { class: 'tag' }, tag))),
      h('span', { role: 'cell', class: 'host-last' }, host.last ? h('a', { href: `/runs/${host.last.run}` }, outcomeMark(host.last.outcome, { word: true }), h('span', { class: 'dim' }, ago(host.last.at, language(), serverNow()))) : h('span', { class: 'dim' }, t('host.never'))));
    return element;
  }

  /** The hosts that are shown become the console's selection. */
  #toConsole() {
    saveDraft({ selection: new Selection(this.shown.map((host) => [host.name, host.apps?.[0] || ''])), app: null, category: draft.category });
    go('/');
  }

  #escape() {
    if (document.activeElement !== this.filter) return false;
    this.filter.value = '';
    this.filter.blur();
    this.#narrow();
    return true;
  }
}

/** How a host is reached and who is become there: "ssh · deploy · :2222 · ops · via jump-01 · root (su) · key as edge-b". */
function connectWords(host) {
  const remote = host.platform !== 'local';
  const method = host.become_method && host.become_method !== 'sudo' ? ` (${host.become_method})` : '';
  return [
    wordFor('platform', host.platform || 'auto'), remote && host.login, remote && host.port && host.port !== 22 && `:${host.port}`, remote && host.key, host.jump && t('host.via', { jump: host.jump }),
    host.become && `→ ${host.become}${method}`, host.host_key_alias && t('host.key_as', { alias: host.host_key_alias }),
  ].filter(Boolean).join(' · ');
}
