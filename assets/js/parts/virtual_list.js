// SPDX-License-Identifier: MIT
// A long list that exists only around the viewport. Rows may have their own heights; when a row above the viewport
// changes its height, the scroll position moves with it, so that what is being read stays where it is. A row that has the
// focus is never taken away.

import { h } from '../dom.js';

const overscanPx = 240;

export class VirtualList {
  /**
   * scroller: the element that scrolls (the list's own, or the view's). rowHeight: of every row, or the first guess when
   * variable. render(index, element or null): makes a row, or brings one up to date; returns it. key(index): its identity.
   */
  constructor({ scroller, element = h('div', {}), rowHeight, variable = false, render, key = String }) {
    Object.assign(this, { scroller, element, rowHeight, variable, render, key });
    element.classList.add('virtual');
    this.count = 0;
    this.rows = new Map();
    this.heights = new Map();
    this.tops = new Float64Array(1);
    this.frame = 0;
    this.onScroll = () => this.#later();
    scroller.addEventListener('scroll', this.onScroll, { passive: true });
    this.resize = new ResizeObserver((entries) => this.#resized(entries));
    this.resize.observe(scroller);
  }

  destroy() {
    this.scroller.removeEventListener('scroll', this.onScroll);
    this.resize.disconnect();
    cancelAnimationFrame(this.frame);
  }

  /** The list has count rows now; rows that are shown are brought up to date. */
  update(count) {
    this.count = count;
    this.#measureFrom();
    this.#draw(true);
  }

  /** Brings these rows up to date, if they are shown. */
  touch(indexes) {
    for (const index of indexes) {
      const row = this.rows.get(this.key(index));
      if (row) this.render(index, row.element);
    }
  }

  /** The row's element if it is drawn. */
  rowAt(index) {
    return this.rows.get(this.key(index))?.element ?? null;
  }

  reveal(index, block = 'nearest') {
    if (index < 0 || index >= this.count) return;
    const start = this.#offset() + this.tops[index];
    const end = start + (this.tops[index + 1] - this.tops[index]);
    const head = Number(this.scroller.dataset.coveredPx || 0);
    const top = this.scroller.scrollTop + head;
    const bottom = this.scroller.scrollTop + this.scroller.clientHeight;
    if (block === 'start') this.scroller.scrollTop = start - head;
    else if (start < top) this.scroller.scrollTop = start - head;
    else if (end > bottom) this.scroller.scrollTop = end - this.scroller.clientHeight;
    this.#draw(false);
  }

  get endsInView() {
    return this.scroller.scrollTop + this.scroller.clientHeight >= this.#offset() + this.tops[this.count] - this.rowHeight;
  }

  pageRows() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / this.rowHeight) - 1);
  }

  #offset() {
    if (this.element.parentElement === this.scroller && !this.element.previousElementSibling) return 0;
    return this.element.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top + this.scroller.scrollTop;
  }

  #measureFrom() {
    const tops = new Float64Array(this.count + 1);
    for (let i = 0; i < this.count; i += 1) {
      tops[i + 1] = tops[i] + (this.variable ? this.heights.get(this.key(i)) ?? this.rowHeight : this.rowHeight);
    }
    this.tops = tops;
    this.element.style.height = `${tops[this.count]}px`;
  }

  #at(y) {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle + 1] <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #later() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.#draw(false);
    });
  }

  #draw(freshen) {
    const top = this.scroller.scrollTop - this.#offset();
    const first = this.#at(Math.max(0, top - overscanPx));
    const last = Math.min(this.count, this.#at(top + this.scroller.clientHeight + overscanPx) + 1);
    const wanted = new Set();
    for (let i = first; i < last; i += 1) {
      const key = this.key(i);
      wanted.add(key);
      const row = this.rows.get(key);
      if (row) {
        row.index = i;
        if (freshen) this.render(i, row.element);
      } else {
        const element = this.render(i, null);
        element.classList.add('virtual-row');
        this.rows.set(key, { element, index: i });
        this.element.append(element);
        if (this.variable) this.resize.observe(element);
        else element.style.height = `${this.rowHeight}px`;
      }
    }
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      const gone = row.index >= this.count || this.key(row.index) !== key;
      if (!gone && row.element.contains(document.activeElement)) continue;
      if (this.variable) this.resize.unobserve(row.element);
      row.element.remove();
      this.rows.delete(key);
    }
    for (const row of this.rows.values()) this.#place(row);
  }

  #place(row) {
    const y = this.tops[row.index];
    if (row.y === y) return;
    row.y = y;
    row.element.style.transform = `translateY(${y}px)`;
  }

  #resized(entries) {
    const byElement = new Map([...this.rows].map(([key, row]) => [row.element, { key, row }]));
    const top = this.scroller.scrollTop - this.#offset();
    let above = 0;
    let changed = false;
    for (const entry of entries) {
      const found = byElement.get(entry.target);
      if (!found) continue;
      const height = entry.borderBoxSize[0].blockSize;
      const before = this.tops[found.row.index + 1] - this.tops[found.row.index];
      if (height === 0 || Math.abs(height - before) < 0.5) continue;
      this.heights.set(found.key, height);
      if (this.tops[found.row.index] + before <= top) above += height - before;
      changed = true;
    }
    if (changed) {
      this.#measureFrom();
      if (above) this.scroller.scrollTop += above;
    }
    this.#draw(false);
  }
}
