// SPDX-License-Identifier: MIT
// Every reason the server can give has a sentence in Chinese, and none is left over. English needs none: there the
// server's message is shown as it is.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { byField, explain, why } from '../../assets/js/errors.js';
import { useTexts } from '../../assets/js/i18n.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const read = (name) => readFileSync(path.join(root, name), 'utf8');
const table = JSON.parse(read('assets/i18n/reasons.zh-CN.json'));
const dictionaries = { en: JSON.parse(read('assets/i18n/en.json')), 'zh-CN': JSON.parse(read('assets/i18n/zh-CN.json')) };

const families = ['access', 'address', 'backend', 'copy', 'credential', 'crypto', 'file', 'form', 'host', 'hostkey', 'import', 'inventory', 'key', 'link', 'module', 'process', 'request', 'resolver', 'run', 'secret_key', 'session', 'ssh', 'store', 'token', 'user'];
/** Sources whose keys no page ever sees or whose errors say it in Chinese themselves (message_zh), and why. */
const elsewhere = [
  /^src\/main\//, // the command line, in English
  /^src\/access\/verb\.cpp$/, // names of verbs, not of errors
  /^src\/catalogue\/(field_rules|validate)\.(cpp|h)$/, // a field's problems: message_zh
];
/** Words of the audit, and a reason that never leaves its function. */
const noErrors = new Set(['session.refused', 'user.add', 'import.dry_run']);
/** Said of a whole form in validate.cpp, beside its fields. */
const extra = ['form.refused'];

function sources(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    return entry.isDirectory() ? sources(name) : /\.(cpp|h)$/.test(name) && !elsewhere.some((pattern) => pattern.test(name)) ? [name] : [];
  });
}

function keysOfTheServer() {
  const keys = new Map(extra.map((key) => [key, 'src/catalogue/validate.cpp']));
  const pattern = new RegExp(`["']((?:${families.join('|')})\\.[a-z_]*[a-z])["']`, 'g');
  for (const name of sources('src')) {
    const code = read(name).split('\n').filter((line) => !line.trim().startsWith('//')).join('\n');
    for (const [, key] of code.matchAll(pattern)) if (!noErrors.has(key)) keys.set(key, name);
  }
  return keys;
}

function codesOfTheServer() {
  return [...read('src/base/result.cpp').matchAll(/return "([a-z_]+)";/g)].map((match) => `code.${match[1]}`);
}

test('every reason of the server has a Chinese sentence', () => {
  const keys = keysOfTheServer();
  assert.ok(keys.size > 100, `only ${keys.size} reasons were found in src`);
  const missing = [...keys].filter(([key]) => !table[key]).map(([key, name]) => `${key} (${name})`);
  assert.deepEqual(missing, [], 'add them to assets/i18n/reasons.zh-CN.json');
  for (const key of codesOfTheServer()) assert.ok(table[key], key);
});

test('no sentence is left over, and each is one', () => {
  const keys = new Set([...keysOfTheServer().keys(), ...codesOfTheServer()]);
  for (const [key, text] of Object.entries(table)) {
    assert.ok(keys.has(key), `${key}: the server does not say it any more`);
    assert.match(text, /[\u4e00-\u9fff]/, key);
    assert.match(text, /(。|admin|create|\{message\})$/, `${key}: a full sentence`);
  }
  assert.deepEqual(Object.keys(table), Object.keys(table).sort(), 'in order');
});

test('sentences are filled from what a target or an error has', () => {
  const ofTarget = ['host', 'address', 'login', 'exit_code', 'signal', 'duration'];
  for (const [key, text] of Object.entries(table)) {
    const holes = [...text.matchAll(/\{(\w+)/g)].map((match) => match[1]);
    const allowed = /^(ssh|backend|process|run)\./.test(key) ? [...ofTarget, 'message'] : ['message'];
    for (const hole of holes) assert.ok(allowed.includes(hole), `${key}: {${hole}}`);
  }
});

const refused = { host: 'web1', address: '10.0.0.1', outcome: 'failed', exit_code: 3, reason: 'backend.exit', message: 'ended with status 3: its output says why', duration_ms: 1200 };

test('in English the server is quoted, in Chinese its own words stay at hand', () => {
  useTexts('en', dictionaries.en);
  assert.deepEqual(why(refused), { text: refused.message, raw: '' });
  useTexts('zh-CN', dictionaries['zh-CN'], table);
  assert.match(why(refused).text, /退出码 3/);
  assert.equal(why(refused).raw, refused.message);
  assert.deepEqual(why({ outcome: 'ok', reason: '', message: '' }), { text: '', raw: '' });
  assert.equal(explain({ code: 'invalid_argument', reason: 'inventory.bad_value', message: 'address: no' }).raw, '', 'a sentence that quotes says it all');
  assert.equal(explain({ code: 'internal', reason: '', message: '' }).text, table['code.internal']);
  assert.equal(explain({ code: 'internal', reason: 'new.key', message: 'something new' }).text, 'something new', 'English is better than nothing');
});

test('a message in both languages is taken as it is', () => {
  const error = { code: 'invalid_argument', reason: 'form.refused', message: 'x', fields: [{ field: 'sys_param_1', reason: 'form.max', message: 'must be at most 9', message_zh: '不能大于 9' }] };
  useTexts('zh-CN', dictionaries['zh-CN'], table);
  assert.equal(byField(error).get('sys_param_1'), '不能大于 9');
  useTexts('en', dictionaries.en);
  assert.equal(byField(error).get('sys_param_1'), 'must be at most 9');
});
