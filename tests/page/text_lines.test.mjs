// SPDX-License-Identifier: MIT
// Output as harmless lines: chunks that end anywhere, two streams, terminal controls, direction tricks.

import assert from 'node:assert/strict';
import test from 'node:test';

import { LineBuffer, longestLine, overwritten, plainRuns, plainText } from '../../assets/js/text_lines.js';

function lines(...pieces) {
  const buffer = new LineBuffer();
  for (const [stream, text] of pieces) buffer.push(stream, text);
  return buffer.lines.map((line) => `${line.stream}:${line.text}`);
}

test('chunks are joined into lines', () => {
  assert.deepEqual(lines(['stdout', 'one\ntw'], ['stdout', 'o\n\nfour']), ['stdout:one', 'stdout:two', 'stdout:', 'stdout:four']);
});

test('each stream keeps its own half line', () => {
  assert.deepEqual(lines(['stdout', 'out '], ['stderr', 'bad\n'], ['stdout', 'put\n']), ['stdout:out put', 'stderr:bad']);
});

test('carriage returns at line ends are dropped, rewrites show the last', () => {
  assert.deepEqual(lines(['stdout', 'dos\r\n']), ['stdout:dos']);
  assert.equal(overwritten('10%\r55%\r100%'), '100%');
  assert.equal(overwritten('100%\r'), '100%');
  assert.equal(overwritten('\r'), '');
});

test('a line without end is shown in pieces that say so', () => {
  const buffer = new LineBuffer();
  buffer.push('stdout', 'x'.repeat(longestLine * 2 + 10));
  assert.deepEqual(buffer.lines.map((line) => [line.text.length, line.continued]), [[longestLine, false], [longestLine, true], [10, true]]);
});

test('colours become class names, all other controls vanish', () => {
  assert.deepEqual(plainRuns('\x1b[31mred\x1b[0m plain \x1b[1;32mbold\x1b[22m green'), [
    { text: 'red', className: 'a-1' }, { text: ' plain ', className: '' }, { text: 'bold', className: 'a-2 a-bold' }, { text: ' green', className: 'a-2' },
  ]);
  assert.equal(plainText('\x1b]0;title\x07a\x1b[2J\x1b[10;10Hb\x1b(Bc\x1bPq...\x1b\\d\x1b'), 'abcd');
  assert.equal(plainText('\x1b[38;5;196mcolour\x1b[48;2;1;2;3mtrue\x1b[m'), 'colourtrue');
  assert.equal(plainText('bell\x07 back\b nul\0 c1\x9b31m'), 'bell back nul c131m');
});

test('an unfinished control at the end of a line swallows nothing else', () => {
  assert.equal(plainText('text\x1b['), 'text');
  assert.equal(plainText('\x1b]0;never closed'), '');
});

test('direction overrides are made visible', () => {
  assert.deepEqual(plainRuns('exe\u202egnp'), [{ text: 'exe', className: '' }, { text: '⟨U+202E⟩', className: 'a-mark' }, { text: 'gnp', className: '' }]);
});

test('right-to-left letters and markup are only text', () => {
  assert.equal(plainText('עברית <script>alert(1)</script>'), 'עברית <script>alert(1)</script>');
});

test('hostile controls take linear time', () => {
  const begin = performance.now();
  plainRuns('\x1b]'.repeat(2000));
  plainRuns('\x1b[1;'.repeat(2000));
  plainRuns('\x1b['.repeat(2000));
  assert.ok(performance.now() - begin < 500);
});
