// SPDX-License-Identifier: MIT
// What this browser remembers: theme, language, width of the host column. Kept in localStorage; a browser that refuses it
// just forgets. theme.js reads the same record before first paint.

const key = 'omserver.prefs';
const listeners = new Set();

function read() {
  try {
    return JSON.parse(localStorage.getItem(key)) || {};
  } catch {
    return {};
  }
}

let record = read();

export function pref(name, fallback) {
  return record[name] ?? fallback;
}

export function setPref(name, value) {
  record = { ...record, [name]: value };
  try {
    localStorage.setItem(key, JSON.stringify(record));
  } catch {
    // Private windows may refuse storage; the choice then lasts as long as the page.
  }
  if (name === 'theme') applyTheme();
  for (const listener of listeners) listener(name, value);
}

/** Calls back with (name, value) after each change. */
export function onPref(listener) {
  listeners.add(listener);
}

export function applyTheme() {
  const theme = pref('theme', 'auto');
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** The theme in force: what was chosen, or what the system asks for. */
export function shownTheme() {
  const theme = pref('theme', 'auto');
  if (theme !== 'auto') return theme;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
