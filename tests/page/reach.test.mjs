// SPDX-License-Identifier: MIT
// The pure logic of batches, the wall they are drawn on, ready checks, fingerprints, files on their way.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { batchesOf, noBatches, plannedBatches, sizesText, wrongBatchFields } from '../../assets/js/batches.js';
import { checkGroups } from '../../assets/js/check_groups.js';
import { byField } from '../../assets/js/errors.js';
import { fileName, filePath, withFolders } from '../../assets/js/file_path.js';
import { comparedWith } from '../../assets/js/fingerprints.js';
import { useTexts } from '../../assets/js/i18n.js';
import { endedBadly, runStanding } from '../../assets/js/outcome.js';
import { batchRules, batchText, pausedText, riskOf, runTitle } from '../../assets/js/run_words.js';
import { filled, progressWords } from '../../assets/js/parts/transfer.js';
import { neighbour, seamPx, targetAt, wallLayout } from '../../assets/js/parts/wall_layout.js';

useTexts('en', JSON.parse(readFileSync(new URL('../../assets/i18n/en.json', import.meta.url), 'utf8')));
const sum = (sizes) => sizes.reduce((all, size) => all + size, 0);

test('untouched fields ask for no batches; a canary or a size does', () => {
  assert.equal(batchesOf(noBatches), null);
  assert.equal(batchesOf({ ...noBatches, canary: '0', pause: 'after_canary' }), null, 'nothing to wait between');
  assert.deepEqual(batchesOf({ ...noBatches, size: ' 25% ', canary: '1', max_failed: '10%', pause: 'after_canary', order: 'random' }), { size: '25%', canary: 1, max_failed: '10%', pause: 'after_canary', order: 'random' });
  assert.deepEqual(batchesOf({ ...noBatches, max_failed: '3' }), { max_failed: '3' });
});

test('amounts are numbers or shares', () => {
  for (const size of ['1', '10', '100%', '1%', '']) assert.deepEqual(wrongBatchFields({ ...noBatches, size }), [], size);
  for (const size of ['0', '-1', '101%', '0%', '1.5', 'ten', '10 %', '%']) assert.deepEqual(wrongBatchFields({ ...noBatches, size }), ['size'], size);
  for (const max_failed of ['0', '0%', '3', '10%']) assert.deepEqual(wrongBatchFields({ ...noBatches, max_failed }), [], max_failed);
  assert.deepEqual(wrongBatchFields({ ...noBatches, canary: '10%', max_failed: 'x' }), ['max_failed', 'canary']);
});

test('planned batches hold every host once, the canary first', () => {
  assert.deepEqual(plannedBatches(16, { size: '25%', canary: 1 }), [1, 4, 4, 4, 3]);
  assert.deepEqual(plannedBatches(10, { canary: 2 }), [2, 8]);
  assert.deepEqual(plannedBatches(3, { size: '10%' }), [1, 1, 1]);
  assert.deepEqual(plannedBatches(2, { canary: 5, size: '1' }), [2]);
  assert.deepEqual(plannedBatches(0, { size: '5' }), []);
  for (const total of [1, 7, 100, 999]) for (const size of ['1', '7', '33%', '100%']) assert.equal(sum(plannedBatches(total, { size, canary: 3 })), total);
});

test('sizes are said in few words', () => {
  assert.equal(sizesText([1, 4, 4, 4, 3]), '1, 4 × 3, 3');
  assert.equal(sizesText(Array.from({ length: 9 }, (_, i) => i + 1)), '1, 2, 3, 4, 5, …, 9');
});

test('the rules of batches in a line', () => {
  assert.equal(batchRules(null), 'all hosts at once');
  assert.equal(batchRules({ size: '4', canary: 1, max_failed: '3', pause: 'after_canary', order: 'random' }, [1, 4, 3]), '3 batches: 1, 4, 3; in random order; waits after the first batch; stops when more than 3 fail');
  assert.equal(batchRules({ max_failed: '3' }, [9]), 'all hosts at once; stops when more than 3 fail');
});

test('what a run is and where it stands, also when it has no module', () => {
  const spec = { source: 'app.tar', destination: '/opt/app.tar' };
  assert.equal(runTitle({ id: 1, module: { id: 1001, name: '系统日志', name_en: 'System log' } }), '1001 System log');
  assert.equal(runTitle({ id: 1, kind: 'check', module: null, spec: null }), 'Ready check');
  assert.equal(runTitle({ id: 1, kind: 'copy', module: null, spec }), 'app.tar to /opt/app.tar');
  assert.equal(runTitle({ id: 1, kind: 'fetch', module: null, spec: { source: '/etc/hosts' } }), '/etc/hosts from the hosts');
  assert.deepEqual(['check', 'copy', 'fetch'].map((kind) => riskOf({ kind, module: null })), ['read', 'change', 'read']);
  assert.equal(runStanding({ state: 'paused', outcome: null }), 'paused');
  assert.equal(runStanding({ state: 'cancelling', outcome: null }), 'running');
  const batches = { canary: 1, size: '4', count: 5, current: 1 }; // the batch that has begun last
  assert.equal(batchText({ batches }), 'batch 2 of 5');
  assert.equal(batchText({ batches: null }), '');
  assert.match(pausedText({ state: 'paused', paused_reason: 'after_batch', batches: { ...batches, current: 0 } }), /^Paused after the first batch/);
  assert.match(pausedText({ state: 'paused', paused_reason: 'after_batch', batches }), /^Paused after a batch/);
  assert.match(pausedText({ state: 'paused', paused_reason: 'by_hand' }), /by hand/);
  assert.equal(pausedText({ state: 'finished', paused_reason: 'too_many_failed', counts: { failed: 2, skipped: 1 } }), 'Stopped: more failed than was allowed. 1 host was left untouched.');
  assert.equal(pausedText({ state: 'running', paused_reason: '' }), '');
});

test('a retry takes what has ended and not well', () => {
  assert.deepEqual([{ state: 'running' }, { state: 'finished', outcome: 'ok' }, { state: 'finished', outcome: 'skipped' }, { state: 'finished', outcome: 'failed' }].map(endedBadly), [false, false, true, true]);
});

test('a ready check groups by outcome and reason, the biggest first but none moved that is shown, each remedy once', () => {
  const end = (index, outcome, reason = '', remedy = '') => ({ index, host: `web${index}`, state: 'finished', outcome, reason, remedy });
  const { ready, groups } = checkGroups([end(0, 'ok'), end(1, 'unreachable', 'ssh.a', 'one'), end(2, 'failed', 'ssh.b'), end(3, 'unreachable', 'ssh.a', 'one'), { index: 4, state: 'running' }, undefined, end(6, 'unreachable', 'ssh.c', 'two')]);
  assert.deepEqual(ready.map((one) => one.index), [0]);
  assert.deepEqual(groups.map((group) => [group.key, group.reason, group.targets.length, group.remedies]), [['unreachable', 'ssh.a', 2, ['one']], ['failed', 'ssh.b', 1, []], ['unreachable', 'ssh.c', 1, ['two']]]);
  const later = checkGroups([end(1, 'unreachable', 'ssh.a'), end(2, 'failed', 'ssh.b'), end(3, 'unreachable', 'ssh.a')], ['failed ssh.b']).groups;
  assert.deepEqual(later.map((group) => group.name), ['failed ssh.b', 'unreachable ssh.a']);
});

test('wall cells are as large as fits, between 6 and 18 px', () => {
  const one = () => 0;
  assert.equal(wallLayout(20, one, 1000, 160).size, 18);
  const thousand = wallLayout(1000, one, 1000, 160);
  assert.ok(thousand.size < 18 && thousand.size >= 6);
  assert.ok(thousand.height <= 160);
  assert.equal(wallLayout(100000, one, 300, 160).size, 6);
  assert.equal(wallLayout(5, one, 4, 160).rows.length, 5);
  assert.equal(wallLayout(0, one, 300, 160).height, 0);
});

test('batches stand together on the wall with a line between, whatever the order of the targets', () => {
  const batch = [0, 2, 1, 1, 2, 2];
  const layout = wallLayout(6, (index) => batch[index], 1000, 160);
  assert.deepEqual(layout.rows.map((row) => row.cells), [[0, 2, 3, 1, 4, 5]]);
  assert.deepEqual(layout.seams.map((seam) => seam.batch), [1, 2]);
  assert.equal(layout.cells[2].x - layout.cells[0].x, 18 + 2 + seamPx);
  assert.equal(layout.cells[3].x - layout.cells[2].x, 20);
});

test('every cell is found again by its middle, and its neighbours by steps', () => {
  const layout = wallLayout(300, (index) => Math.floor(index / 50), 400, 120);
  for (let i = 0; i < 300; i += 1) {
    const { x, y } = layout.cells[i];
    assert.equal(targetAt(layout, x + layout.size / 2, y + layout.size / 2), i);
    assert.ok(x >= 0 && x + layout.size <= 400);
  }
  assert.equal(targetAt(layout, -1, 3), -1);
  assert.equal(targetAt(layout, 3, 10000), -1);
  assert.equal(neighbour(layout, 0, 'left'), 0);
  assert.equal(neighbour(layout, 0, 'right'), 1);
  assert.equal(neighbour(layout, 7, 'last'), 299);
  assert.equal(neighbour(layout, 7, 'first'), 0);
  assert.equal(neighbour(layout, 5, 'up'), 5);
  const below = neighbour(layout, 5, 'down');
  assert.equal(layout.cells[below].row, 1);
  assert.ok(Math.abs(layout.cells[below].x - layout.cells[5].x) <= layout.size);
});

test('fingerprints are held against each other letter by letter', () => {
  assert.deepEqual(comparedWith('SHA256:abcd', 'SHA256:axcy'), [{ text: 'SHA256:a', differs: false }, { text: 'b', differs: true }, { text: 'c', differs: false }, { text: 'd', differs: true }]);
  assert.deepEqual(comparedWith('ab', ''), [{ text: 'ab', differs: true }]);
});

test('names of files are quoted part by part', () => {
  assert.equal(filePath('nginx/a b?#%.conf'), '/files/nginx/a%20b%3F%23%25.conf');
  assert.equal(fileName('nginx/nginx.conf'), 'nginx.conf');
  assert.equal(fileName('app.tar'), 'app.tar');
});

test('folders stand before what they hold, and can be distributed too', () => {
  const list = withFolders([{ path: 'site/b', size_bytes: 1 }, { path: 'app.tar', size_bytes: 5 }, { path: 'site/deep/c', size_bytes: 2 }]);
  assert.deepEqual(list.map((one) => [one.path, one.folder || 0, one.size_bytes]), [['app.tar', 0, 5], ['site', 2, 3], ['site/b', 0, 1], ['site/deep', 1, 2], ['site/deep/c', 0, 2]]);
});

test('a file on its way says how far it is, and only then', () => {
  assert.equal(progressWords({ state: 'running', progress: { done: 1048576, total: 4194304 } }), '1.0 MiB of 4.0 MiB');
  assert.equal(filled({ state: 'running', progress: { done: 1, total: 4 } }), '25.0%');
  assert.equal(progressWords({ state: 'finished', progress: { done: 4, total: 4 } }), '');
  assert.equal(filled({ state: 'running', progress: null }), '0%');
});

test('an error that names one field goes to that field', () => {
  const at = (message, fields = []) => [...byField({ reason: 'copy.field_refused', message, fields }).keys()];
  assert.deepEqual(at("field 'destination' must be a whole path there"), ['destination']);
  assert.deepEqual(at("field 'batches.size' must be a number of hosts"), ['batches.size']);
  assert.deepEqual(at('run 41: field \'mode\' is wrong'), []);
  assert.deepEqual(at("field 'mode' is wrong", [{ field: 'owner', message: 'no' }]), ['owner']);
});
