// SPDX-License-Identifier: MIT
// Making elements. Text always becomes text nodes, so nothing a host says can become markup.

import { halves } from './format.js';

/** h('button', {class: 'primary', onclick: f, 'aria-label': '...'}, 'text', element, [more]). null and false are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  append(element, children);
  return element;
}

export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked' || name === 'disabled' || name === 'hidden') element[name] = value;
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === '') continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Changes a text only when it differs, so that selections and screen readers are left in peace. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A name that is cut in its middle when there is no room; read out and found as one word all the same. */
export function nameOf(text) {
  const [head, tail] = halves(text);
  if (!tail) return h('span', { class: 'name', title: text }, h('span', { class: 'name-head' }, head));
  return h('span', { class: 'name', title: text }, h('span', { class: 'visually-hidden' }, text), h('span', { class: 'name-head', 'aria-hidden': 'true' }, head), h('span', { class: 'name-tail', 'aria-hidden': 'true' }, tail));
}

let lastId = 0;
export function freshId(prefix = 'id') {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** Whether keys typed now are text for a field. */
export function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
