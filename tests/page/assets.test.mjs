// SPDX-License-Identifier: MIT
// Rules for assets/ as a whole: both languages complete, nothing the policy would block, no way from data to markup, and
// small enough.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../assets');
const budgetBytes = 150 * 1024;

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? walk(path.join(folder, entry.name)) : [path.join(folder, entry.name)]));
}
const files = walk(root).map((file) => ({ name: path.relative(root, file), text: readFileSync(file, 'utf8'), size: statSync(file).size }));
const named = (ending) => files.filter((file) => file.name.endsWith(ending));
const dictionary = (name) => JSON.parse(readFileSync(path.join(root, 'i18n', `${name}.json`), 'utf8'));
const holes = (text) => [...text.matchAll(/\{(\w+)/g)].map((match) => match[1]).sort();

test('both dictionaries have the same keys', () => {
  assert.deepEqual(Object.keys(dictionary('zh-CN')).sort(), Object.keys(dictionary('en')).sort());
});

test('each text has the same values to fill in, and no text is empty', () => {
  const en = dictionary('en');
  const zh = dictionary('zh-CN');
  for (const key of Object.keys(en)) {
    assert.ok(en[key] && zh[key], key);
    assert.deepEqual([...new Set(holes(zh[key]))], [...new Set(holes(en[key]))], key);
  }
});

test('every text the page asks for exists, and every text is asked for', () => {
  const en = dictionary('en');
  const scripts = named('.js').map((file) => file.text).join('\n');
  const asked = new Set([...scripts.matchAll(/\bt\(\s*'([\w.-]+)'/g)].map((match) => match[1]));
  for (const key of asked) assert.ok(key in en, `${key} is not in the dictionaries`);
  const prefixes = [...[...scripts.matchAll(/`([\w.]+[._])\$\{/g)].map((match) => match[1]), ...[...scripts.matchAll(/wordFor\('(\w+)'/g)].map((match) => `${match[1]}.`)];
  for (const key of Object.keys(en)) {
    assert.ok(scripts.includes(`'${key}'`) || prefixes.some((prefix) => key.startsWith(prefix)), `${key} is never used`);
  }
});

test('nothing inline that the policy would block', () => {
  for (const { name, text } of named('.html')) {
    assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)[^>]*>/i, `${name}: inline script`);
    assert.doesNotMatch(text, /<style|\sstyle=/i, `${name}: inline style`);
    assert.doesNotMatch(text, /\son\w+=/i, `${name}: inline handler`);
    assert.doesNotMatch(text, /javascript:/i, `${name}: javascript address`);
  }
  for (const { name, text } of [...named('.css'), ...named('.js'), ...named('.html')]) assert.doesNotMatch(text, /(url\(|src=|href=)["']?(data:|https?:|\/\/)/, `${name}: a foreign or data address`);
});

test('no way from data to markup or code', () => {
  for (const { name, text } of named('.js')) {
    assert.doesNotMatch(text, /\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML)\b/, name);
    assert.doesNotMatch(text, /\beval\(|new Function\(|setTimeout\(\s*['"`]/, name);
    assert.doesNotMatch(text, /setAttribute\(\s*'style'|style:\s*['"`][^'"`]*:/, name);
  }
});

test('every import and every link leads to a file', () => {
  const names = new Set(files.map((file) => file.name));
  for (const { name, text } of named('.js')) {
    for (const [, target] of text.matchAll(/(?:from|import)\s+'(\.[^']+)'/g)) assert.ok(names.has(path.normalize(path.join(path.dirname(name), target))), `${name}: ${target}`);
  }
  for (const { name, text } of named('.html')) {
    for (const [, target] of text.matchAll(/(?:href|src)="\/assets\/@\/([^"]+)"/g)) assert.ok(names.has(target), `${name}: ${target}`);
    assert.doesNotMatch(text, /\/assets\/(?!@\/)/, `${name}: an address without the hash`);
  }
});

test('the console asks for all its modules at once, not one after the other', () => {
  const wanted = new Set();
  const follow = (name) => {
    for (const [, target] of files.find((file) => file.name === name).text.matchAll(/(?:from|import)\s+'(\.[^']+)'/g)) {
      const next = path.normalize(path.join(path.dirname(name), target));
      if (wanted.has(next)) continue;
      wanted.add(next);
      follow(next);
    }
  };
  follow('js/main.js');
  const asked = [...files.find((file) => file.name === 'index.html').text.matchAll(/rel="modulepreload" href="\/assets\/@\/([^"]+)"/g)].map((match) => match[1]);
  assert.deepEqual(asked.sort(), [...wanted].sort());
});

test('every imported name is exported and used', async () => {
  for (const { name, text } of named('.js')) {
    for (const [, list, target] of text.matchAll(/import\s+\{([^}]+)\}\s+from\s+'(\.[^']+)'/g)) {
      const source = files.find((file) => file.name === path.normalize(path.join(path.dirname(name), target)));
      for (const one of list.split(',').map((part) => part.trim()).filter(Boolean)) {
        assert.match(source.text, new RegExp(`export (async )?(const|let|function|class) ${one}\\b`), `${name}: ${one} from ${target}`);
        const uses = text.match(new RegExp(`(?<![\\w'/-]|(?<!\\.\\.)\\.)${one}\\b`, 'g')) || [];
        assert.ok(uses.length > 1, `${name}: ${one} is imported for nothing`);
      }
    }
  }
});

test('scripts and styles name their licence', () => {
  for (const { name, text } of [...named('.js'), ...named('.css')]) assert.match(text.split('\n')[0], /SPDX-License-Identifier: MIT/, name);
});

test('the whole page stays within its budget', (context) => {
  const total = files.reduce((sum, file) => sum + gzipSync(file.text, { level: 9 }).length, 0);
  context.diagnostic(`${files.length} files, ${files.reduce((sum, file) => sum + file.size, 0)} bytes, ${total} compressed one by one`);
  assert.ok(total <= budgetBytes, `${total} bytes compressed, ${budgetBytes} allowed`);
});
