// SPDX-License-Identifier: MIT
// Every module with its number, its risk, and whether its file is ready, not written yet, or broken and why.

import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { own, t, wordFor } from '../i18n.js';
import { saveDraft } from '../draft.js';
import { go } from '../router.js';
import { AjaxError, Request, Updater } from '../ajax.js';
import { addModuleDialog, brokenSource, stateMark } from '../parts/add_module.js';
import { openDialog } from '../parts/dialog.js';
import { explained } from '../parts/explained.js';
import { copyButton } from '../parts/fields.js';
import { bareCaption } from '../parts/module_form.js';
import { pageHead } from '../parts/page_head.js';
import { Region } from '../parts/region.js';
import { riskMark } from '../parts/risk.js';

export class ModulesView {
  constructor(root) {
    const body = h('div', {});
    this.element = h('div', { class: 'page' },
      pageHead(t('nav.modules'), t('modules.about'), h('button', { type: 'button', class: 'primary', onclick: () => addModuleDialog({ onAdded: () => this.updater.refresh() }) }, icon('plus'), t('modules.add'))), body);
    root.append(this.element);
    this.updater = new Updater(new Region(body, { lines: 8 }), '/modules', {
      render: ({ modules }) => (modules.length ? h('ul', { class: 'module-cards' }, modules.map((module) => this.#card(module))) : null),
      empty: () => ({ title: t('modules.none') }),
    });
  }

  get title() {
    return t('nav.modules');
  }

  destroy() {
    this.updater.stop();
  }

  #card(module) {
    const { source } = module;
    const path = source.path && h('p', { class: 'module-path' }, h('code', {}, source.path), copyButton(source.path, t('common.copy')), source.origin && h('span', { class: 'dim' }, t(`modules.origin_${source.origin}`)));
    return h('li', { class: 'module-card' },
      h('div', { class: 'module-card-head' }, h('span', { class: 'option-id number' }, String(module.id)), h('h2', {}, own(module, 'name')), riskMark(module.risk), h('span', { class: 'badge' }, wordFor('platform', module.platform)), stateMark(module)),
      own(module, 'caption') && h('p', { class: 'dim' }, bareCaption(own(module, 'caption'))),
      source.state === 'broken' && h('p', { class: 'module-problem module-broken' }, explained(brokenSource(module))),
      source.state === 'not_written' && h('p', { class: 'module-problem module-not_written' }, t('modules.write', { path: source.path })),
      path,
      h('div', { class: 'module-card-buttons' },
        h('button', { type: 'button', onclick: () => { saveDraft({ module: module.id }); go('/'); } }, icon('console'), t('modules.use')),
        source.state !== 'not_written' && h('button', { type: 'button', class: 'quiet', onclick: () => this.#source(module) }, icon('file'), t('modules.source'))));
  }

  #source(module) {
    const code = h('pre', { class: 'source', tabindex: 0 }, t('common.loading'));
    openDialog({ title: `${module.id} ${own(module, 'name')}`, body: code, className: 'dialog-source' });
    new Request(`/modules/${module.id}/source`, { parameters: { platform: module.platform } }).then(
      ({ source }) => replace(code, source.text),
      (error) => {
        if (!(error instanceof AjaxError)) throw error;
        replace(code, explained(error));
      },
    );
  }
}
