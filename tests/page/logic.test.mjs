// SPDX-License-Identifier: MIT
// The page's pure logic: formats, selections, outcomes, routes, texts.

import assert from 'node:assert/strict';
import test from 'node:test';

import { ago, bytes, clock, duration, halves, moment } from '../../assets/js/format.js';
import { fill } from '../../assets/js/i18n.js';
import { badCount, finishedCount, order, runStanding, standing } from '../../assets/js/outcome.js';
import { parse } from '../../assets/js/router.js';
import { matching, Selection } from '../../assets/js/selection.js';
import { fieldsOf, rowsOf } from '../../assets/js/parts/module_form.js';

test('durations read as people say them', () => {
  const cases = [[0, '0 ms'], [820, '820 ms'], [999.6, '1.0 s'], [1234, '1.2 s'], [9949, '9.9 s'], [9960, '10 s'], [42000, '42 s'], [59600, '1 m 00 s'], [184000, '3 m 04 s'], [3599600, '1 h 00 m'], [7500000, '2 h 05 m'], [273600000, '3 d 04 h'], [null, ''], [undefined, '']];
  for (const [ms, text] of cases) assert.equal(duration(ms), text, String(ms));
  assert.equal(duration(-5), '0 ms');
});

test('a running clock shows whole seconds', () => {
  assert.equal(clock(900), '0 s');
  assert.equal(clock(59999), '59 s');
  assert.equal(clock(184999), '3 m 04 s');
  assert.equal(clock(-100), '0 s');
});

test('sizes', () => {
  assert.equal(bytes(0), '0 B');
  assert.equal(bytes(1023), '1023 B');
  assert.equal(bytes(1536), '1.5 KiB');
  assert.equal(bytes(8 * 1024 * 1024), '8.0 MiB');
});

test('moments show the zone, and the date unless it is today', () => {
  const now = new Date('2026-06-03T12:00:00Z');
  assert.match(moment('2026-06-03T11:00:05.250Z', 'en', now), /^\d\d:00:05 \S+/);
  assert.match(moment('2026-05-01T11:00:05.250Z', 'en', now), /2026/);
  assert.equal(moment('nonsense', 'en', now), '');
  assert.match(ago('2026-06-03T11:57:00Z', 'en', now.getTime()), /3/);
});

test('a long name keeps its tail', () => {
  assert.deepEqual(halves('web-beijing-0007'), ['web-beijin', 'g-0007']);
  assert.deepEqual(halves('web1'), ['web1', '']);
});

test('texts take values and plural forms', () => {
  assert.equal(fill('Run on {n} {n|host|hosts}', { n: 1 }), 'Run on 1 host');
  assert.equal(fill('Run on {n} {n|host|hosts}', { n: 37 }), 'Run on 37 hosts');
  assert.equal(fill('{unknown} stays', { n: 1 }), '{unknown} stays');
  assert.equal(fill('{name}', { name: '{n} $& <b>' }), '{n} $& <b>');
});

test('a selection keeps where each host was picked', () => {
  const empty = new Selection();
  const picked = empty.plus([['web1', 'a'], ['web2', 'a'], ['db1', 'b']]);
  assert.equal(empty.size, 0);
  assert.equal(picked.size, 3);
  assert.deepEqual(picked.sources(), [{ source: 'a', count: 2 }, { source: 'b', count: 1 }]);
  assert.deepEqual(picked.plus([['web1', 'b']]).sources(), picked.sources(), 'a host counts once, where it was first');
  assert.deepEqual(picked.withoutSource('a').names(), ['db1']);
  assert.deepEqual(picked.toggle('web1', 'x').names(), ['web2', 'db1']);
  assert.deepEqual(picked.toggle('new', 'x').names(), ['web1', 'web2', 'db1', 'new']);
});

test('a selection covers none, some or all', () => {
  const picked = new Selection([['web1', 'a'], ['web2', 'a']]);
  assert.equal(picked.cover(['web1', 'web2']), 'all');
  assert.equal(picked.cover(['web1', 'web3']), 'some');
  assert.equal(picked.cover(['web3']), 'none');
  assert.equal(picked.cover([]), 'none');
  assert.deepEqual(new Selection(JSON.parse(JSON.stringify(picked))).names(), ['web1', 'web2'], 'survives the session store');
});

test('the filter wants every word, in any field', () => {
  const hosts = [{ name: 'web1', address: '10.0.0.1', tags: ['blue'], apps: ['Linux.Web/www'] }, { name: 'web2', address: '10.0.0.2', tags: ['green'], apps: [] }];
  assert.deepEqual(matching(hosts, 'web blue').map((host) => host.name), ['web1']);
  assert.deepEqual(matching(hosts, '10.0.0.2').map((host) => host.name), ['web2']);
  assert.equal(matching(hosts, '  ').length, 2);
  assert.equal(matching(hosts, 'web nothing').length, 0);
});

test('how a target and a run stand', () => {
  assert.equal(standing({ state: 'finished', outcome: 'lost' }), 'lost');
  assert.equal(standing({ state: 'running' }), 'running');
  assert.equal(runStanding({ state: 'cancelling' }), 'running');
  assert.equal(runStanding({ state: 'finished', outcome: 'cancelled' }), 'cancelled');
  const counts = { waiting: 1, running: 2, ok: 3, failed: 4, cancelled: 5 };
  assert.equal(finishedCount(counts), 12);
  assert.equal(badCount(counts), 9);
  assert.equal(new Set(order).size, 10);
});

test('addresses and views', () => {
  assert.deepEqual(parse('/'), { view: 'console' });
  assert.deepEqual(parse('/runs/'), { view: 'runs' });
  assert.deepEqual(parse('/runs/41'), { view: 'run', id: 41 });
  assert.deepEqual(parse('/host-keys'), { view: 'host-keys' });
  assert.deepEqual(parse('/files/'), { view: 'files' });
  assert.deepEqual(parse('/runs/41x'), { view: 'unknown' });
  assert.deepEqual(parse('/nowhere'), { view: 'unknown' });
  assert.deepEqual(parse('/autoadmin/'), { view: 'console' });
  assert.deepEqual(parse('/autoadmin/module_add/'), { view: 'modules' });
});

test('form items flow in rows, fields are found in order', () => {
  const items = [{ kind: 'text', text: 'a' }, { kind: 'field', name: 'sys_param_1' }, { kind: 'break' }, { kind: 'break' }, { kind: 'fieldset', legend: '', items: [{ kind: 'field', name: 'sys_param_2' }] }];
  assert.deepEqual(rowsOf(items).map((row) => row.length), [2, 1]);
  assert.deepEqual(fieldsOf(items).map((field) => field.name), ['sys_param_1', 'sys_param_2']);
});
