// SPDX-License-Identifier: MIT
// Contrast of both themes, from the colours in css/tokens.css: text reaches WCAG AA (4.5), glyphs and borders of
// controls reach 3. The dark theme is written twice (the system's wish, an explicit choice) and must be the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const css = readFileSync(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../assets/css/tokens.css'), 'utf8');

function colours(selector) {
  const start = css.indexOf(`${selector} {`);
  assert.ok(start >= 0, selector);
  const block = css.slice(start, css.indexOf('}', start));
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1], match[2]]));
}

const themes = { light: colours(':root'), dark: colours(":root[data-theme='dark']") };
const outcomes = ['ok', 'failed', 'unreachable', 'timed-out', 'lost', 'cancelled', 'skipped', 'running', 'waiting', 'interrupted'];
const ansi = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `ansi-${n}`);

function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const pairs = [
  ...['ground', 'surface', 'raised', 'sunken', 'hover'].flatMap((back) => [['text', back], ['dim', back], ['accent-ink', back]]),
  ...outcomes.flatMap((key) => [[key, 'surface'], [key, 'ground'], [key, 'hover']]),
  ...ansi.flatMap((key) => [[key, 'sunken'], [key, 'danger-soft']]),
  ['accent-text', 'accent'], ['accent-text', 'accent-hover'], ['accent-text', 'danger'], ['accent-text', 'danger-hover'], ['accent-ink', 'accent-soft'], ['dim', 'accent-soft'], ['warn-ink', 'warn-soft'], ['failed', 'danger-soft'],
  ['text', 'danger-soft'],
];

for (const [name, theme] of Object.entries(themes)) {
  test(`${name}: text reaches AA`, () => {
    const low = pairs.map(([front, back]) => [front, back, contrast(theme[front], theme[back])]).filter(([, , ratio]) => ratio < 4.5);
    assert.deepEqual(low.map(([front, back, ratio]) => `${front} on ${back}: ${ratio.toFixed(2)}`), []);
  });

  test(`${name}: borders of controls and the focus ring reach 3`, () => {
    for (const [front, back] of [['line-strong', 'raised'], ['line-strong', 'surface'], ['accent-ink', 'ground'], ['accent-ink', 'surface'], ['accent', 'surface']]) {
      assert.ok(contrast(theme[front], theme[back]) >= 3, `${front} on ${back}`);
    }
  });

  test(`${name}: no pure black, no pure white`, () => {
    assert.ok(!Object.values(theme).some((colour) => colour === '#ffffff' || colour === '#000000'));
  });
}

test('the dark theme is the same by choice and by system', () => {
  assert.deepEqual(colours(":root:not([data-theme='light'])"), themes.dark);
});
