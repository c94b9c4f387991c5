// SPDX-License-Identifier: MIT
// What a ready check found and what to do about it: the hosts that are ready, to be chosen in one click, and the others
// by reason with the line to paste.

import { h, nameOf, replace } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { checkGroups } from '../check_groups.js';
import { explained } from './explained.js';
import { outcomeMark } from './outcome_bar.js';
import { keyLink, remedy } from './remedy.js';

const shownNames = 8;

export class CheckResult {
  /** state: RunState. onReady(targets): run on these. onOpen(index). */
  constructor({ state, onReady, onOpen }) {
    Object.assign(this, { state, onReady, onOpen, drawn: '', shown: [] });
    this.element = h('section', { class: 'check-result', 'aria-label': t('check.result') });
  }

  /** Draws again when something has ended since. */
  update() {
    const { ready, groups } = checkGroups(this.state.targets, this.shown);
    const stamp = `${ready.length} ${groups.map((group) => group.targets.length)} ${this.state.ended}`;
    if (stamp === this.drawn) return;
    this.drawn = stamp;
    this.shown = groups.map((group) => group.name);
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.part : null;
    replace(this.element, this.#ready(ready), groups.map((group) => this.#group(group)));
    if (focused) this.element.querySelector(`[data-part="${CSS.escape(focused)}"]`)?.focus();
  }

  #ready(ready) {
    const all = ready.length === this.state.run.total;
    return h('div', { class: 'check-ready' }, outcomeMark('ok'), h('strong', { class: 'number' }, t(all ? 'check.all_ready' : 'check.ready', { n: ready.length })),
      h('button', { type: 'button', class: 'primary', 'data-part': 'ready', disabled: ready.length === 0, onclick: () => this.onReady(ready) }, icon('console'), t('check.run_on_ready', { n: ready.length })));
  }

  #group({ name, key, targets, remedies }) {
    const [first] = targets;
    const more = targets.length - shownNames;
    return h('div', { class: `check-group outcome-${key}` },
      h('div', { class: 'check-group-head' }, outcomeMark(key, { word: true }), h('b', { class: 'number' }, String(targets.length)), h('div', { class: 'check-why' }, explained(first))),
      h('p', { class: 'check-names' }, targets.slice(0, shownNames).map((target) => h('button', { type: 'button', class: 'link', 'data-part': `${name}-${target.host}`, onclick: () => this.onOpen(target.index) }, nameOf(target.host))),
        more > 0 && h('span', { class: 'dim' }, t('preview.and_more', { n: more }))),
      remedy(remedies), keyLink(first));
  }
}
