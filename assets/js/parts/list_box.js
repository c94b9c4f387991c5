// SPDX-License-Identifier: MIT
// A filterable list to choose from, with a virtual body: the selectors of the console and the module picker. The focus
// stays on the list; the active option is named by aria-activedescendant, so redrawing never loses it.
// Keys: arrows or j k, Home, End, Page keys, Space toggles, Enter opens, Shift with arrows extends, Ctrl+A takes all.

import { freshId, h, set, setText } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { VirtualList } from './virtual_list.js';

export const rowHeightPx = () => (matchMedia('(pointer: coarse)').matches ? 40 : 28);

export class ListBox {
  /**
   * label; fill(item, element): brings a row's element up to date; keyOf(item).
   * multiple: options have a check box. mark(item): 'none' | 'some' | 'all' (multiple) or whether it is the chosen one.
   * onOpen(item): click or Enter. onToggle(items, on): check box, Space, Shift+arrows. onAll(): Ctrl+A.
   * match(items, text): the filter; without it there is no filter box.
   */
  constructor(options) {
    Object.assign(this, { multiple: false, rowHeight: rowHeightPx(), tools: [] }, options);
    this.id = freshId('list');
    this.items = [];
    this.shown = [];
    this.active = -1;
    this.text = '';
    this.box = h('div', {
      class: 'listbox-scroll', id: this.id, role: 'listbox', tabindex: 0, 'aria-label': this.label,
      'aria-multiselectable': this.multiple ? 'true' : null, onkeydown: (event) => this.#key(event), onclick: (event) => this.#click(event),
      onfocus: () => this.#focused(),
    });
    this.count = h('span', { class: 'listbox-count', 'aria-live': 'polite' });
    const head = h('div', { class: 'listbox-head' }, h('h3', { class: 'listbox-title' }, this.label), this.count, h('span', { class: 'listbox-tools' }, this.tools));
    if (this.match) {
      this.filter = h('input', {
        type: 'search', class: 'filter-input', placeholder: this.placeholder || t('list.filter'), 'aria-label': `${t('list.filter')}: ${this.label}`, 'aria-controls': this.id,
        autocomplete: 'off', spellcheck: 'false', oninput: () => this.#filterBy(this.filter.value), onkeydown: (event) => this.#filterKey(event),
      });
    }
    this.body = h('div', { class: 'listbox-body' }, this.box);
    this.element = h('section', { class: `listbox ${this.className || ''}` }, head, this.filter && h('div', { class: 'filter' }, icon('search'), this.filter), this.body);
    this.list = new VirtualList({
      scroller: this.box, element: h('div', { role: 'presentation' }), rowHeight: this.rowHeight,
      render: (index, element) => this.#row(index, element), key: (index) => this.keyOf(this.shown[index]),
    });
    this.box.append(this.list.element);
  }

  destroy() {
    this.list.destroy();
  }

  setItems(items) {
    const key = this.shown[this.active] && this.keyOf(this.shown[this.active]);
    this.items = items;
    this.#narrow(key);
  }

  /** Draws the rows that are in view again: marks or contents have changed. */
  refresh() {
    this.list.update(this.shown.length);
    this.#describe();
  }

  focus() {
    this.box.focus();
  }

  setActive(index) {
    const before = this.active;
    this.active = Math.max(-1, Math.min(index, this.shown.length - 1));
    if (this.active >= 0) this.list.reveal(this.active);
    this.list.touch([before, this.active].filter((at) => at >= 0 && at < this.shown.length));
    set(this.box, { 'aria-activedescendant': this.active >= 0 ? this.#optionId(this.active) : null });
  }

  #filterBy(text) {
    this.text = text;
    this.box.scrollTop = 0;
    this.#narrow(null);
  }

  #narrow(activeKey) {
    this.shown = this.match && this.text ? this.match(this.items, this.text) : this.items;
    const at = activeKey === null ? 0 : this.shown.findIndex((item) => this.keyOf(item) === activeKey);
    this.active = this.shown.length ? Math.max(0, at) : -1;
    this.refresh();
    set(this.box, { 'aria-activedescendant': this.active >= 0 ? this.#optionId(this.active) : null });
    this.onNarrow?.(this.shown);
  }

  #describe() {
    const text = this.describe ? this.describe(this.shown, this.items) : this.text ? t('list.some_of', { n: this.shown.length, all: this.items.length }) : String(this.items.length);
    setText(this.count, text);
    const blank = this.items.length > 0 && this.shown.length === 0;
    if (blank && !this.blank?.isConnected) {
      this.blank = h('p', { class: 'listbox-blank' }, t('list.no_match'));
      this.body.append(this.blank);
    } else if (!blank && this.blank) {
      this.blank.remove();
      this.blank = null;
    }
  }

  #optionId(index) {
    return `${this.id}-${index}`;
  }

  #row(index, element) {
    const item = this.shown[index];
    const row = element || h('div', { role: 'option', class: 'option' });
    const mark = this.mark(item);
    const chosen = mark === true || mark === 'all';
    set(row, {
      id: this.#optionId(index), 'aria-selected': String(chosen), 'aria-setsize': this.shown.length, 'aria-posinset': index + 1,
      'data-mark': this.multiple ? mark : null,
    });
    row.dataset.index = index;
    row.classList.toggle('active', index === this.active);
    row.classList.toggle('open', Boolean(this.opened?.(item)));
    this.fill(item, row);
    return row;
  }

  #focused() {
    if (this.active < 0 && this.shown.length) this.setActive(0);
  }

  #click(event) {
    const row = event.target.closest('.option');
    if (!row) return;
    const index = Number(row.dataset.index);
    const anchor = this.active;
    this.setActive(index);
    const item = this.shown[index];
    if (this.multiple && event.shiftKey && anchor >= 0) {
      const [from, to] = anchor < index ? [anchor, index] : [index, anchor];
      this.onToggle(this.shown.slice(from, to + 1), true);
    } else if (this.multiple && (event.ctrlKey || event.metaKey || event.target.closest('.check'))) {
      this.onToggle([item], this.mark(item) !== 'all');
    } else {
      this.onOpen(item);
    }
  }

  #filterKey(event) {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault();
      this.focus();
    } else if (event.key === 'Escape' && this.filter.value) {
      event.preventDefault();
      event.stopPropagation();
      this.filter.value = '';
      this.#filterBy('');
    }
  }

  #key(event) {
    if (event.altKey || !this.shown.length) return;
    const last = this.shown.length - 1;
    const steps = {
      ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: this.list.pageRows(), PageUp: -this.list.pageRows(), Home: -last, End: last,
    };
    const held = event.ctrlKey || event.metaKey;
    if (event.key in steps && !held) {
      const from = this.active;
      const to = Math.max(0, Math.min(last, from + steps[event.key]));
      this.setActive(to);
      if (event.shiftKey && this.multiple) this.onToggle(this.shown.slice(Math.min(from, to), Math.max(from, to) + 1), true);
    } else if (event.key === ' ') {
      const item = this.shown[this.active];
      if (this.multiple) this.onToggle([item], this.mark(item) !== 'all');
      else this.onOpen(item);
    } else if (event.key === 'Enter' && !held) {
      this.onOpen(this.shown[this.active]);
    } else if (event.key === 'a' && held && this.onAll) {
      this.onAll();
    } else {
      return;
    }
    event.preventDefault();
  }
}

/** The check box drawn in a row of a multiple list; the row's data-mark says how. */
export function check() {
  return h('span', { class: 'check', 'aria-hidden': 'true' });
}
