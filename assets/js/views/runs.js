// SPDX-License-Identifier: MIT
// Runs, newest first, one line each. The newest page stays fresh by itself; older ones are read on demand.

import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { runTitle } from '../run_words.js';
import { AjaxError, PeriodicalUpdater, Request } from '../ajax.js';
import { claimKeys } from '../keys.js';
import { notice } from '../announce.js';
import { explained } from '../parts/explained.js';
import { Region } from '../parts/region.js';
import { runRow } from '../parts/run_row.js';
import { pageHead } from '../parts/page_head.js';

const pageSize = 50;

export class RunsView {
  constructor(root) {
    this.older = [];
    this.newest = [];
    this.list = h('div', { class: 'run-rows', role: 'list', 'aria-label': t('nav.runs') });
    this.more = h('button', { type: 'button', onclick: () => this.#more() }, t('runs.older'));
    this.moreLine = h('p', { class: 'page-more', hidden: true }, this.more);
    this.filter = h('input', { type: 'search', class: 'filter-input', placeholder: t('runs.filter'), 'aria-label': t('runs.filter'), autocomplete: 'off', spellcheck: 'false', oninput: () => this.#draw() });
    const body = h('div', {});
    this.element = h('div', { class: 'page' }, pageHead(t('nav.runs'), t('runs.about')), h('div', { class: 'page-tools' }, h('div', { class: 'filter' }, icon('search'), this.filter)), body);
    root.append(this.element);
    this.content = h('div', {}, this.list, this.moreLine);
    this.updater = new PeriodicalUpdater(new Region(body, { lines: 8 }), '/runs', {
      parameters: { limit: pageSize }, frequencyS: 3,
      render: ({ runs }) => {
        this.newest = runs;
        if (!this.older.length) this.moreLine.hidden = runs.length < pageSize;
        this.#draw();
        return runs.length ? this.content : null;
      },
      empty: () => ({ title: t('console.no_runs'), hint: t('console.no_runs_hint'), action: h('a', { class: 'button', href: '/' }, t('nav.console')) }),
    });
    this.release = claimKeys({ '/': () => this.filter.focus(), j: () => this.#move(1), k: () => this.#move(-1), Escape: () => this.#escape() });
  }

  get title() {
    return t('nav.runs');
  }

  destroy() {
    this.updater.stop();
    this.release();
  }

  #all() {
    const seen = new Map([...this.older, ...this.newest].map((run) => [run.id, run]));
    return [...seen.values()].sort((a, b) => b.id - a.id);
  }

  #draw() {
    const wanted = this.filter.value.trim().toLowerCase();
    const runs = this.#all().filter((run) => !wanted || [`#${run.id}`, run.module?.name, runTitle(run), run.user, run.outcome || run.state].join('\n').toLowerCase().includes(wanted));
    const focused = this.list.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    replace(this.list, runs.map((run) => h('div', { role: 'listitem' }, runRow(run))), runs.length === 0 && h('p', { class: 'blank-hint' }, t('list.no_match')));
    if (focused) [...this.list.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused)?.focus();
  }

  async #more() {
    this.more.disabled = true;
    try {
      const last = this.#all().at(-1);
      const { runs } = await new Request('/runs', { parameters: { before: last.id, limit: pageSize } });
      this.older.push(...runs);
      this.moreLine.hidden = runs.length < pageSize;
      this.#draw();
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      notice(explained(error), { kind: 'error' });
    } finally {
      this.more.disabled = false;
    }
  }

  #move(step) {
    const links = [...this.list.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + step))]?.focus();
  }

  #escape() {
    if (document.activeElement !== this.filter) return false;
    this.filter.value = '';
    this.filter.blur();
    this.#draw();
    return true;
  }
}
