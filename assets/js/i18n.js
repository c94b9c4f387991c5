// SPDX-License-Identifier: MIT
// Texts in the operator's language. A text is looked up by a key that both dictionaries have (tests/page holds the sets
// equal); {name} is replaced by a value, {n|host|hosts} by one of two forms after the number n.

import { pref, setPref } from './prefs.js';

export const languages = ['en', 'zh-CN'];
/** What the server says is English; these languages have sentences of their own for its reasons. */
const withReasons = ['zh-CN'];
let texts = {};
let reasons = {};
let current = 'en';

export function language() {
  return current;
}

export function chosenLanguage() {
  const chosen = pref('language', '');
  if (languages.includes(chosen)) return chosen;
  return /^zh\b/i.test(navigator.language || '') ? 'zh-CN' : 'en';
}

/** Loads the dictionary; the page is drawn once it is there. */
export async function loadLanguage(name = chosenLanguage()) {
  const [dictionary, sentences] = await Promise.all([load(name), withReasons.includes(name) ? load(`reasons.${name}`) : {}]);
  useTexts(name, dictionary, sentences);
  document.documentElement.lang = name;
}

async function load(name) {
  const answer = await fetch(new URL(`../i18n/${name}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`i18n/${name}.json: ${answer.status}`);
  return answer.json();
}

export async function switchLanguage(name) {
  await loadLanguage(name);
  setPref('language', name);
}

/** Takes a dictionary as it is (the tests hand theirs in). */
export function useTexts(name, dictionary, sentences = {}) {
  current = name;
  texts = dictionary;
  reasons = sentences;
}

export function fill(template, values = {}) {
  return template.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name, one, other) => {
    if (!(name in values)) return whole;
    if (one === undefined) return String(values[name]);
    return Number(values[name]) === 1 ? one : other;
  });
}

export function t(key, values) {
  const template = texts[key];
  return template === undefined ? key : fill(template, values);
}

export function known(key) {
  return key in texts;
}

/** The operator's own sentence for a reason of the server; '' where the server's English is to be shown. */
export function reason(key, values) {
  return Object.hasOwn(reasons, key) ? fill(reasons[key], values) : '';
}

/** The text of one word of a family ("platform", "ssh"); a word the page does not know yet stands for itself. */
export function wordFor(family, word) {
  const key = `${family}.${word}`;
  return known(key) ? t(key) : word;
}

/** Picks the field of an answer that is written in the operator's language: name and name_en, a field's message and message_zh. */
export function own(record, field) {
  if (!record) return '';
  const other = current === 'en' ? `${field}_en` : `${field}_zh`;
  return record[other] || record[field] || '';
}
