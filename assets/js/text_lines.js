// SPDX-License-Identifier: MIT
// Output as lines. Chunks arrive per stream and end anywhere; a LineBuffer joins them into lines that know their stream.
// plainRuns() turns one line into harmless runs of text: colours as class names, every other terminal control dropped,
// direction overrides made visible. Pure: no markup is ever built from output.

/** A line longer than this is shown as several, each continuing the one before. */
export const longestLine = 4096;

export class LineBuffer {
  /** keep: how many lines at most; older ones are dropped and counted. 0 keeps all. */
  constructor(keep = 0) {
    this.keep = keep;
    this.lines = [];
    this.dropped = 0;
    this.open = new Map();
  }

  push(stream, text) {
    let from = 0;
    while (from < text.length) {
      const end = text.indexOf('\n', from);
      const piece = end < 0 ? text.slice(from) : text.slice(from, end);
      this.#append(stream, piece);
      if (end < 0) return;
      this.#close(stream);
      from = end + 1;
    }
  }

  /** Marks that something was left out here. */
  gap() {
    this.open.clear();
    if (this.lines.at(-1)?.stream !== 'gap') this.#add({ stream: 'gap', text: '' });
  }

  #append(stream, piece) {
    let rest = piece;
    let line = this.open.get(stream);
    if (!line) line = this.#start(stream, false);
    while (line.text.length + rest.length > longestLine) {
      const room = longestLine - line.text.length;
      line.text += rest.slice(0, room);
      rest = rest.slice(room);
      line = this.#start(stream, true);
    }
    line.text += rest;
  }

  #start(stream, continued) {
    const line = { stream, text: '', continued };
    this.open.set(stream, line);
    this.#add(line);
    return line;
  }

  #close(stream) {
    const line = this.open.get(stream);
    if (line && line.text.endsWith('\r')) line.text = line.text.slice(0, -1);
    this.open.delete(stream);
  }

  #add(line) {
    this.lines.push(line);
    if (this.keep && this.lines.length > this.keep * 2) {
      this.dropped += this.lines.length - this.keep;
      this.lines = this.lines.slice(-this.keep);
    }
  }
}

const csi = /^\x1b\[([0-9;:?<=>]*)[ -/]*([@-~])/;
const osc = /^\x1b[\]PX^_][\s\S]*?(?:\x07|\x1b\\|$)/;
const escape = /^\x1b(?:[ -/]+[0-~]|[0-~]|$)?/;
const direction = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

function restyle(style, codes) {
  const list = codes === '' ? [0] : codes.split(/[;:]/).map(Number);
  const next = { ...style };
  for (let i = 0; i < list.length; i += 1) {
    const code = list[i];
    if (code === 0) next.colour = next.bold = next.line = '';
    else if (code === 1) next.bold = 'a-bold';
    else if (code === 4) next.line = 'a-line';
    else if (code === 22) next.bold = '';
    else if (code === 24) next.line = '';
    else if (code >= 30 && code <= 37) next.colour = `a-${code - 30}`;
    else if (code >= 90 && code <= 97) next.colour = `a-${code - 90}`;
    else if (code === 39) next.colour = '';
    else if (code === 38 || code === 48) i += list[i + 1] === 2 ? 4 : 2;
  }
  return next;
}

/** What a terminal would show of a line with carriage returns: the last rewrite. */
export function overwritten(text) {
  if (!text.includes('\r')) return text;
  const parts = text.split('\r').filter(Boolean);
  return parts.length ? parts[parts.length - 1] : '';
}

/** [{text, className}] for one line. */
export function plainRuns(raw) {
  const line = overwritten(raw);
  if (!/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(line)) {
    return line ? [{ text: line, className: '' }] : [];
  }
  const runs = [];
  let style = { colour: '', bold: '', line: '' };
  let text = '';
  const className = () => [style.colour, style.bold, style.line].filter(Boolean).join(' ');
  const flush = () => {
    if (text) runs.push({ text, className: className() });
    text = '';
  };
  for (let i = 0; i < line.length; ) {
    const letter = line[i];
    if (letter === '\x1b') {
      const rest = line.slice(i, i + 4096);
      const control = csi.exec(rest);
      const match = control || osc.exec(rest) || escape.exec(rest);
      if (control && control[2] === 'm') {
        flush();
        style = restyle(style, control[1]);
      }
      i += Math.max(1, match[0].length);
    } else if (direction.test(letter)) {
      flush();
      const code = letter.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
      runs.push({ text: `⟨U+${code}⟩`, className: 'a-mark' });
      i += 1;
    } else {
      const code = letter.charCodeAt(0);
      if (code >= 32 ? code < 127 || code > 159 : code === 9) text += letter;
      i += 1;
    }
  }
  flush();
  return runs;
}

/** The same as one plain text, for lists and titles. */
export function plainText(raw) {
  return plainRuns(raw || '').map((run) => run.text).join('');
}
