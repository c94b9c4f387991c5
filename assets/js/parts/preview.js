// SPDX-License-Identifier: MIT
// What exactly will run, where, and as whom: one line from POST /preview, and a panel with every group, the source and
// the limits. The server decides it from the same request that Run will send.

import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { t, wordFor } from '../i18n.js';
import { explained } from './explained.js';

/** "on 37 hosts, as deploy via sudo, over ssh" */
export function groupText(group) {
  const as = group.login ? (group.become ? t('preview.as_via', { login: group.login, method: group.become_method || 'sudo', become: group.become }) : t('preview.as', { login: group.login })) : '';
  return [t('preview.on', { n: group.count }), as, t('preview.over', { platform: wordFor('platform', group.platform) })].filter(Boolean).join(t('common.comma'));
}

export class Preview {
  constructor() {
    this.line = h('p', { class: 'preview-line', 'aria-live': 'polite' });
    this.panel = h('div', { class: 'preview-panel' });
    this.more = h('details', { class: 'preview-more' }, h('summary', {}, t('preview.more')), this.panel);
    this.problems = h('ul', { class: 'preview-problems' });
    this.element = h('section', { class: 'preview', 'aria-label': t('preview.label') }, this.line, this.problems, this.more);
    this.waiting('');
  }

  waiting(text) {
    this.element.removeAttribute('aria-busy');
    replace(this.line, text);
    this.line.classList.add('dim');
    replace(this.problems);
    this.more.hidden = true;
  }

  busy() {
    this.element.setAttribute('aria-busy', 'true');
  }

  fail(error) {
    this.element.removeAttribute('aria-busy');
    this.waiting('');
    replace(this.problems, problem(error));
  }

  show(preview) {
    this.element.removeAttribute('aria-busy');
    this.line.classList.remove('dim');
    const groups = preview.groups || [];
    replace(this.line, groups.length ? groups.map(groupText).join(t('common.semicolon')) : t('preview.nobody'));
    replace(this.problems, (preview.problems || []).map((one) => problem(one)));
    this.more.hidden = false;
    replace(this.panel, facts([
      [t('preview.source'), preview.source?.path && h('code', {}, preview.source.path)],
      [t('preview.sha'), preview.source?.sha256 && h('code', {}, preview.source.sha256.slice(0, 16))],
      [t('preview.parameters'), (preview.parameters || []).length > 0 && preview.parameters.map((one) => h('code', { class: 'preview-parameter' }, `${one.name}=${one.secret ? '••••' : one.value}`))],
      [t('preview.limits'), t(preview.concurrency ? 'preview.limits_text' : 'preview.limits_free', { timeout: preview.timeout_s, concurrency: preview.concurrency })],
    ]), groups.map((group) => h('section', { class: 'preview-group' }, h('p', { class: 'dim' }, groupText(group)),
      h('p', { class: 'preview-hosts' }, group.hosts.join('  '), group.count > group.hosts.length && h('span', { class: 'dim' }, `  ${t('preview.and_more', { n: group.count - group.hosts.length })}`)))));
  }
}

function problem(error) {
  return h('li', {}, icon('alert'), h('div', {}, explained(error)));
}

/** Rows of name and value; those without a value are left out. */
export function facts(rows) {
  return h('dl', { class: 'facts' }, rows.filter(([, value]) => value).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}
