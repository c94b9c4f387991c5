// SPDX-License-Identifier: MIT
// The host wall: one cell a target on a canvas, batch after batch, sized to fit; a file on its way
// fills its cell. Pointer or arrow keys name the host, click or Enter opens
// it. The list of targets under it says the same to screen readers; the wall itself speaks the active cell.

import { h, setText } from '../dom.js';
import { standing } from '../outcome.js';
import { t } from '../i18n.js';
import { neighbour, targetAt, wallLayout } from './wall_layout.js';

const ways = { ArrowRight: 'right', l: 'right', ArrowLeft: 'left', h: 'left', ArrowDown: 'down', j: 'down', ArrowUp: 'up', k: 'up', Home: 'first', End: 'last' };

export class Wall {
  /** state: RunState. onOpen(index). */
  constructor(state, onOpen) {
    this.state = state;
    this.onOpen = onOpen;
    this.active = -1;
    this.keys = new Set();
    this.canvas = h('canvas', { class: 'wall-canvas', 'aria-hidden': 'true' });
    this.label = h('div', { class: 'wall-label', id: 'wall-label', 'aria-live': 'polite' });
    this.stage = h('div', {
      class: 'wall-stage', tabindex: 0, role: 'application', 'aria-roledescription': t('wall.role'), 'aria-label': t('wall.label'), 'aria-describedby': 'wall-label',
      onkeydown: (event) => this.#key(event), onmousemove: (event) => this.#point(this.#cellAt(event)), onmouseleave: () => this.#point(-1),
      onclick: (event) => this.#open(this.#cellAt(event)), onblur: () => this.#point(-1),
    }, this.canvas);
    this.element = h('section', { class: 'wall' }, this.stage, this.label);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.stage);
    this.scheme = matchMedia('(prefers-color-scheme: dark)');
    this.recolour = () => { this.colours = null; this.draw(); };
    this.scheme.addEventListener('change', this.recolour);
    this.observer = new MutationObserver(this.recolour);
    this.observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    this.#point(-1);
  }

  destroy() {
    this.resize.disconnect();
    this.observer.disconnect();
    this.scheme.removeEventListener('change', this.recolour);
  }

  filter(keys) {
    this.keys = keys;
    this.draw();
  }

  draw() {
    const width = this.stage.clientWidth;
    if (!width) return;
    const total = this.state.run.total;
    const limit = Math.max(72, Math.min(168, Math.round(innerHeight * 0.22)));
    this.layout = wallLayout(total, (index) => this.state.targets[index]?.batch ?? 0, width, limit);
    const { height, seams } = this.layout;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    this.brush = this.canvas.getContext('2d');
    this.brush.scale(ratio, ratio);
    this.colours ??= readColours();
    this.brush.fillStyle = this.colours.seam;
    for (const { x, y } of seams) this.brush.fillRect(x - 0.5, y, 1, this.layout.size);
    for (let i = 0; i < total; i += 1) this.#cell(i);
  }

  touch(indexes) {
    if (!this.brush) return;
    for (const index of indexes) this.#cell(index);
    if (this.active >= 0 && indexes.has(this.active)) this.#say();
  }

  #cell(index) {
    const { size } = this.layout;
    const { x, y } = this.layout.cells[index];
    const target = this.state.targets[index];
    const key = target ? standing(target) : 'waiting';
    const brush = this.brush;
    brush.clearRect(x - 1, y - 1, size + 2, size + 2);
    const later = key === 'waiting' && target?.batch > (this.state.run.batches?.current ?? 0);
    brush.globalAlpha = (this.keys.size && !this.keys.has(key)) ? 0.22 : later ? 0.5 : key === 'ok' ? 0.72 : 1;
    brush.fillStyle = this.colours[key];
    brush.strokeStyle = this.colours[key];
    if (key === 'waiting') {
      brush.lineWidth = 1;
      brush.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    } else if (key === 'running' && target.progress?.total > 0) {
      const filled = size * Math.min(1, target.progress.done / target.progress.total);
      brush.lineWidth = 1;
      brush.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
      brush.fillRect(x, y + size - filled, size, filled);
    } else {
      brush.fillRect(x, y, size, size);
      if (key !== 'ok') drawGlyph(brush, key, x, y, size, this.colours.surface);
    }
    brush.globalAlpha = 1;
    if (index === this.active) {
      brush.strokeStyle = this.colours.focus;
      brush.lineWidth = 2;
      brush.strokeRect(x, y, size, size);
    }
  }

  #cellAt(event) {
    if (!this.layout) return -1;
    const box = this.canvas.getBoundingClientRect();
    return targetAt(this.layout, event.clientX - box.left, event.clientY - box.top);
  }

  #point(index) {
    const before = this.active;
    this.active = index;
    if (this.brush) for (const at of [before, index]) if (at >= 0) this.#cell(at);
    if (this.brush && before >= 0 && index >= 0) this.#cell(index);
    this.stage.style.cursor = index >= 0 ? 'pointer' : '';
    this.#say();
  }

  #say() {
    const target = this.state.targets[this.active];
    if (!target) setText(this.label, t('wall.hint'));
    else setText(this.label, [target.host, target.address, t(`outcome.${standing(target)}`), this.state.run.batches?.count > 1 && t('target.batch', { n: target.batch + 1 }), target.exit_code ? t('target.exit', { n: target.exit_code }) : ''].filter(Boolean).join(' · '));
  }

  #open(index) {
    if (index >= 0 && this.state.targets[index]) this.onOpen(index);
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.layout) return;
    if (event.key in ways) {
      const way = this.active < 0 && ways[event.key] !== 'last' ? 'first' : ways[event.key];
      this.#point(neighbour(this.layout, this.active, way));
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.#open(this.active);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  const keys = ['ok', 'failed', 'unreachable', 'timed_out', 'lost', 'cancelled', 'skipped', 'running', 'waiting', 'interrupted'];
  const colours = Object.fromEntries(keys.map((key) => [key, read(`--${key.replace('_', '-')}`)]));
  return { ...colours, surface: read('--surface'), focus: read('--text'), seam: read('--line-strong') };
}

/** A mark inside a cell, so that colour is never the only difference. */
function drawGlyph(brush, key, x, y, size, colour) {
  if (size < 8) return;
  const pad = size * 0.28;
  const left = x + pad;
  const right = x + size - pad;
  const top = y + pad;
  const bottom = y + size - pad;
  const middle = x + size / 2;
  const level = y + size / 2;
  brush.strokeStyle = colour;
  brush.lineWidth = Math.max(1.2, size / 9);
  brush.beginPath();
  if (key === 'failed') {
    brush.moveTo(left, top);
    brush.lineTo(right, bottom);
    brush.moveTo(right, top);
    brush.lineTo(left, bottom);
  } else if (key === 'unreachable') {
    brush.moveTo(left, bottom);
    brush.lineTo(right, top);
  } else if (key === 'timed_out') {
    brush.moveTo(middle, top);
    brush.lineTo(middle, level);
    brush.lineTo(right, level);
  } else if (key === 'lost') {
    brush.moveTo(middle, top);
    brush.lineTo(middle, level + size * 0.08);
    brush.moveTo(middle, bottom - 0.5);
    brush.lineTo(middle, bottom + 0.5);
  } else if (key === 'running') {
    brush.arc(middle, level, size * 0.14, 0, Math.PI * 2);
  } else if (key === 'interrupted') {
    brush.moveTo(x, level);
    brush.lineTo(middle, y);
    brush.moveTo(x, y + size);
    brush.lineTo(x + size, y);
    brush.moveTo(middle, y + size);
    brush.lineTo(x + size, level);
  } else {
    brush.moveTo(left, level);
    brush.lineTo(right, level);
  }
  brush.stroke();
}
