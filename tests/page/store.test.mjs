// SPDX-License-Identifier: MIT
// The state of a run from events: order, repeats, resuming, filters.

import assert from 'node:assert/strict';
import test from 'node:test';

import { keptLines, remaining, RunState } from '../../assets/js/store.js';
import { SseParser } from '../../assets/js/stream.js';

function run(total, fields = {}) {
  return { id: 41, state: 'running', outcome: null, total, counts: { waiting: total }, seq: 0, ...fields };
}
function target(index, fields = {}) {
  return { index, host: `web${index}`, address: `10.0.0.${index}`, state: 'waiting', outcome: null, seq: 0, ...fields };
}
function loaded(total) {
  const state = new RunState(run(total));
  state.load(Array.from({ length: total }, (_, i) => target(i)));
  return state;
}

test('pages of targets are asked for until all are here', () => {
  const state = new RunState(run(3));
  assert.equal(state.missingAfter, -1);
  state.load([target(0), target(1)]);
  assert.equal(state.missingAfter, 1);
  state.load([target(2)]);
  assert.equal(state.missingAfter, null);
});

test('a batch moves run, targets and output on, and says what changed', () => {
  const state = loaded(2);
  const changes = state.apply({ seq: 4, run: { state: 'running', counts: { ok: 1, waiting: 1 } }, targets: [target(1, { state: 'finished', outcome: 'ok', seq: 4 })], output: [{ index: 1, stream: 'stdout', text: 'hello\n', seq: 3 }] });
  assert.deepEqual([...changes.targets], [1]);
  assert.deepEqual([...changes.output], [1]);
  assert.equal(state.counts().ok, 1);
  assert.equal(state.targets[1].outcome, 'ok');
  assert.deepEqual(state.tail(1).lines.map((line) => line.text), ['hello']);
  assert.equal(state.seq, 4);
});

test('a batch that comes again changes nothing', () => {
  const state = loaded(1);
  const batch = { seq: 4, run: { counts: { running: 1 } }, targets: [target(0, { state: 'running', seq: 4 })], output: [{ index: 0, stream: 'stdout', text: 'once\n', seq: 3 }] };
  state.apply(batch);
  state.apply(batch);
  assert.deepEqual(state.tail(0).lines.map((line) => line.text), ['once']);
});

test('of an overlapping batch only what is new is taken', () => {
  const state = loaded(1);
  state.apply({ seq: 4, targets: [target(0, { state: 'running', seq: 4 })], output: [{ index: 0, stream: 'stdout', text: 'a\n', seq: 3 }] });
  state.apply({ seq: 8, targets: [target(0, { state: 'waiting', seq: 2 })], output: [{ index: 0, stream: 'stdout', text: 'a\n', seq: 3 }, { index: 0, stream: 'stdout', text: 'b\n', seq: 7 }] });
  assert.equal(state.targets[0].state, 'running', 'an older state never wins');
  assert.deepEqual(state.tail(0).lines.map((line) => line.text), ['a', 'b']);
});

test('an older run state never wins over a newer one', () => {
  const state = loaded(1);
  state.apply({ seq: 9, run: { state: 'finished', outcome: 'ok', counts: { ok: 1 } }, targets: [] });
  assert.equal(state.ended, true);
  state.apply({ seq: 5, run: { state: 'running', counts: { running: 1 } }, targets: [] });
  assert.equal(state.run.state, 'finished');
});

test('a gap in the preview is shown and remembered', () => {
  const state = loaded(1);
  state.apply({ seq: 2, targets: [], output: [{ index: 0, stream: 'stdout', text: 'end of it\n', gap: true, seq: 2 }] });
  assert.deepEqual(state.tail(0).lines.map((line) => line.stream), ['gap', 'stdout']);
  assert.equal(state.tail(0).more, true);
});

test('only the newest lines are kept in memory', () => {
  const state = loaded(1);
  for (let i = 0; i < 500; i += 1) state.apply({ seq: i + 1, targets: [], output: [{ index: 0, stream: 'stdout', text: `line ${i}\n`, seq: i + 1 }] });
  const { lines, more } = state.tail(0);
  assert.equal(lines.length, keptLines);
  assert.equal(lines.at(-1).text, 'line 499');
  assert.equal(more, true);
  assert.ok(state.tails.get(0).buffer.lines.length <= 2 * keptLines);
});

test('filters by standing and by text', () => {
  const state = loaded(3);
  state.apply({ seq: 1, targets: [target(1, { state: 'finished', outcome: 'failed', seq: 1 }), target(2, { state: 'finished', outcome: 'ok', seq: 1 })] });
  assert.deepEqual(state.shown(new Set()), [0, 1, 2]);
  assert.deepEqual(state.shown(new Set(['failed', 'waiting'])), [0, 1]);
  assert.deepEqual(state.shown(new Set(), ' WEB2 '), [2]);
  assert.deepEqual(state.troubled().map((one) => one.host), ['web1']);
});

test('segments stand trouble first and leave out what is not there', () => {
  const state = new RunState(run(5, { counts: { ok: 3, failed: 2, lost: 0 } }));
  assert.deepEqual(state.segments(), [{ key: 'failed', count: 2 }, { key: 'ok', count: 3 }]);
});

test('ten thousand targets are applied in a moment', () => {
  const state = loaded(10000);
  const begin = performance.now();
  state.apply({ seq: 2, run: { counts: { ok: 10000 } }, targets: state.targets.map((one) => ({ ...one, state: 'finished', outcome: 'ok', seq: 2 })) });
  assert.ok(performance.now() - begin < 500);
});

test('the time left is only guessed when there is a pace', () => {
  assert.equal(remaining(1000, 50, 100), null);
  assert.equal(remaining(10000, 2, 100), null);
  assert.equal(remaining(10000, 50, 100), 10000);
  assert.equal(remaining(10000, 100, 100), null);
});

test('events are parsed however the bytes are cut', () => {
  const wire = 'retry: 2000\n\nid: 412\nevent: batch\ndata: {"seq":412,\ndata: "x":"ü"}\n\n: hb\n\nevent: end\r\ndata: {"seq":500}\r\n\r\n';
  for (let size = 1; size < wire.length; size += 1) {
    const events = [];
    const parser = new SseParser((event) => events.push(event));
    for (let i = 0; i < wire.length; i += size) parser.feed(wire.slice(i, i + size));
    assert.deepEqual(events.map((event) => [event.type, event.id, JSON.parse(event.data).seq]), [['batch', '412', 412], ['end', '412', 500]], `pieces of ${size}`);
    assert.equal(parser.retryMs, 2000);
  }
});
