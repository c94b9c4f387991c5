// SPDX-License-Identifier: MIT
// How much ceremony a run deserves: reading starts at once, changing shows the list first, dangerous work asks to type
// the number of hosts.

import { h, set } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { openDialog } from './dialog.js';
import { VirtualList } from './virtual_list.js';

export function riskMark(risk) {
  return h('span', { class: `risk risk-${risk}` }, icon(risk), h('span', {}, t(`risk.${risk}`)));
}

/** Resolves true when the run may start. names: every host it will touch. */
export function ceremony({ risk, title, names, groups }) {
  if (risk === 'read') return Promise.resolve(true);
  return new Promise((resolve) => {
    let sure = false;
    const scroller = h('div', { class: 'ceremony-list', tabindex: 0, role: 'group', 'aria-label': t('ceremony.list') });
    const list = new VirtualList({ scroller, rowHeight: 24, render: (index, row) => {
      const element = row || h('div', { class: 'ceremony-host mono' });
      element.textContent = names[index];
      return element;
    } });
    scroller.append(list.element);
    const go = h('button', { type: 'button', class: risk === 'danger' ? 'primary dangerous' : 'primary', onclick: () => { sure = true; dialog.close(); } }, t('console.run_on', { n: names.length }));
    const input = risk === 'danger' && h('input', { type: 'text', inputmode: 'numeric', class: 'ceremony-number', autocomplete: 'off', 'aria-label': t('ceremony.type', { n: names.length }), oninput: () => {
      go.disabled = input.value.trim() !== String(names.length);
    }, onkeydown: (event) => {
      if (event.key === 'Enter' && !go.disabled) go.click();
    } });
    if (input) set(go, { disabled: true });
    const body = [
      h('p', { class: 'ceremony-what' }, h('strong', {}, title)),
      h('ul', { class: 'ceremony-groups' }, groups.map((text) => h('li', {}, text))),
      scroller,
      input && h('p', { class: 'ceremony-type' }, h('label', {}, t('ceremony.type', { n: names.length }), ' ', input)),
    ].filter(Boolean);
    const dialog = openDialog({
      title: t(`ceremony.${risk}`), body, className: `ceremony ceremony-${risk}`,
      actions: [h('button', { type: 'button', onclick: () => dialog.close() }, t('common.cancel')), go],
      onClose: () => { list.destroy(); resolve(sure); },
    });
    list.update(names.length);
    (input || go).focus();
  });
}
