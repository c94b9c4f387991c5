// SPDX-License-Identifier: MIT
// The head of a plain view: its name, one line about it, its buttons.

import { h } from '../dom.js';

export function pageHead(title, about, ...buttons) {
  return h('header', { class: 'page-head' }, h('div', { class: 'page-titles' }, h('h1', {}, title), about && h('p', { class: 'dim' }, about)), h('div', { class: 'page-buttons' }, buttons));
}
