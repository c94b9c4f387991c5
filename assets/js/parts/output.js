// SPDX-License-Identifier: MIT
// Lines of output as elements: a gutter that says which stream in words and shape, then the text as text nodes.

import { h, replace, set } from '../dom.js';
import { plainRuns } from '../text_lines.js';
import { t } from '../i18n.js';

const marks = { stdout: '', stderr: 'err', gap: '' };

/** One line; number is optional. Reuses the element if one is given. */
export function lineElement(line, number = null, element = null) {
  const row = element || h('div', { class: 'line' }, h('span', { class: 'line-gutter' }), h('span', { class: 'line-text' }));
  row.className = row.className.replace(/\bline-is-\w+\b/g, '').trim();
  row.classList.add(`line-is-${line.stream}`);
  const [gutter, text] = row.children;
  const mark = marks[line.stream];
  replace(gutter, mark && h('span', { class: 'line-mark', title: t('output.stderr') }, mark), h('span', { class: 'line-number' }, line.continued ? '↳' : number ?? ''));
  if (line.stream === 'gap') replace(text, t('output.gap'));
  else replace(text, plainRuns(line.text).map((run) => (run.className ? h('span', { class: run.className }, run.text) : run.text)));
  set(row, { dir: 'ltr' });
  return row;
}

/** How much of a line a card shows; the drawer shows all of it. */
export const cardLetters = 600;

/** A block of lines, for the cards. */
export function outputBlock(lines) {
  const short = (line) => (line.text.length > cardLetters ? { ...line, text: `${line.text.slice(0, cardLetters)}…` } : line);
  return h('div', { class: 'output', role: 'group', 'aria-label': t('output.label') }, lines.map((line) => lineElement(short(line))));
}
