// SPDX-License-Identifier: MIT
// The selection as one line: how many hosts, and a chip for each place they come from.

import { h, nameOf, replace } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';

export class Chips {
  /** onDrop(source); without it the chips cannot be taken away. onClear(); onUndo(). */
  constructor({ onDrop = null, onClear = null, onUndo = null } = {}) {
    Object.assign(this, { onDrop, onClear, onUndo });
    this.element = h('div', { class: 'chips', role: 'group', 'aria-label': t('selection.label') });
    this.total = h('strong', { class: 'chips-total', 'aria-live': 'polite' });
  }

  update(selection, { canUndo = false } = {}) {
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.source : null;
    this.total.textContent = t('selection.hosts', { n: selection.size });
    const chips = selection.sources().map(({ source, count }) => h('span', { class: 'chip' }, nameOf(source || t('selection.no_app')), h('span', { class: 'chip-count number' }, String(count)),
      this.onDrop && h('button', { type: 'button', class: 'chip-drop', 'data-source': `from:${source}`, 'aria-label': t('selection.drop', { source }), onclick: () => this.onDrop(source) }, icon('close'))));
    replace(this.element, this.total, chips,
      canUndo && this.onUndo && h('button', { type: 'button', class: 'quiet', 'data-source': 'undo', onclick: this.onUndo }, icon('undo'), t('selection.undo')),
      selection.size > 0 && this.onClear && h('button', { type: 'button', class: 'quiet', 'data-source': 'clear', onclick: this.onClear }, t('selection.clear')));
    if (focused !== null && focused !== undefined) {
      const buttons = [...this.element.querySelectorAll('button')];
      (buttons.find((button) => button.dataset.source === focused) || buttons[0])?.focus();
    }
  }
}
