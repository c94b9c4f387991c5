// SPDX-License-Identifier: MIT
// Line drawings on a 16 x 16 grid, drawn with the colour of the text around them.

const shapes = {
  console: 'M2 3.5h12v9H2z M4.5 6l2 2-2 2 M8 10.5h3.5',
  runs: 'M2.5 4h2 M2.5 8h2 M2.5 12h2 M7 4h6.5 M7 8h6.5 M7 12h6.5',
  hosts: 'M2.5 3h11v4h-11z M2.5 9h11v4h-11z M5 5h.01 M5 11h.01 M8 5h3 M8 11h3',
  modules: 'M8 1.8l5.5 3v6.4L8 14.2l-5.5-3V4.8z M2.7 5L8 8l5.3-3 M8 8v6',
  settings: 'M2.5 4.5h5 M11.5 4.5h2 M2.5 11.5h2 M8.5 11.5h5 M9.5 2.8v3.4 M6.5 9.8v3.4',
  ok: 'M3 8.5l3.2 3.2L13 4.8',
  failed: 'M4 4l8 8 M12 4l-8 8',
  unreachable: 'M6.8 4.5l1-1a2.9 2.9 0 0 1 4.2 4.2l-1 1 M9.2 11.5l-1 1A2.9 2.9 0 0 1 4 8.3l1-1 M3 3l2 2 M11 11l2 2',
  timed_out: 'M8 2.2a5.8 5.8 0 1 0 .01 0 M8 5v3.2l2.2 1.5',
  lost: 'M5.6 6a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.9-1.1 1.7 M8 12.2v.1',
  cancelled: 'M4 4h8v8H4z',
  skipped: 'M3.5 4.5L7 8l-3.5 3.5 M8.5 4.5L12 8l-3.5 3.5',
  interrupted: 'M3 13L13 3 M3 8l5-5 M8 13l5-5',
  running: 'M8 4.6a3.4 3.4 0 1 0 .01 0',
  waiting: 'M8 3.2a4.8 4.8 0 1 0 .01 0',
  search: 'M7 2.8a4.2 4.2 0 1 0 .01 0 M10.2 10.2l3.3 3.3',
  plus: 'M8 3v10 M3 8h10',
  close: 'M4 4l8 8 M12 4l-8 8',
  right: 'M6 3.5L10.5 8 6 12.5',
  down: 'M3.5 6L8 10.5 12.5 6',
  left: 'M10 3.5L5.5 8l4.5 4.5',
  copy: 'M5.5 5.5h8v8h-8z M3 10.5h-.5v-8h8V3',
  sun: 'M8 5.2a2.8 2.8 0 1 0 .01 0 M8 1.5v1.3 M8 13.2v1.3 M1.5 8h1.3 M13.2 8h1.3 M3.4 3.4l.9.9 M11.7 11.7l.9.9 M12.6 3.4l-.9.9 M4.3 11.7l-.9.9',
  moon: 'M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z',
  play: 'M4.5 3l8 5-8 5z',
  stop: 'M4 4h8v8H4z',
  pause: 'M5 3.5h1.6v9H5z M9.4 3.5H11v9H9.4z',
  paused: 'M5 3.5h1.6v9H5z M9.4 3.5H11v9H9.4z',
  check: 'M2.5 4.5l1.5 1.5 2.5-3 M2.5 11l1.5 1.5 2.5-3 M9 5h4.5 M9 11.5h4.5',
  files: 'M2.5 4.5v8.5h9 M5 2h4.5l4 4v4.5H5z M9.3 2.2v4h4',
  folder: 'M2 4h4.2l1.6 1.8H14v7.2H2z',
  trash: 'M3 4.5h10 M6.5 4.5V3h3v1.5 M4.2 4.5l.6 8.5h6.4l.6-8.5 M6.8 7v3.6 M9.2 7v3.6',
  alert: 'M8 2.2L14.4 13.4H1.6z M8 6.4v3.4 M8 11.6v.1',
  download: 'M8 2.5v8 M4.8 7.5L8 10.7l3.2-3.2 M3 13.5h10',
  wrap: 'M2.5 4h11 M2.5 8h9a2 2 0 0 1 0 4H8 M9.5 10.3L7.8 12l1.7 1.7 M2.5 12h2.5',
  upload: 'M8 10.5v-8 M4.8 5.7L8 2.5l3.2 3.2 M3 13.5h10',
  read: 'M1.8 8S4 4 8 4s6.2 4 6.2 4-2.2 4-6.2 4S1.8 8 1.8 8z M8 6.4a1.6 1.6 0 1 0 .01 0',
  change: 'M3 13l.6-2.8L10.8 3l2.2 2.2-7.2 7.2z',
  danger: 'M8 2.2L14.4 13.4H1.6z M8 6.4v3.4 M8 11.6v.1',
  undo: 'M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6 M5.5 4L3 6.5 5.5 9',
  again: 'M13 8a5 5 0 1 1-1.6-3.7 M13 2.5v3h-3',
  file: 'M4 2h5.5L12.5 5v9H4z M9.2 2.2V5.3h3',
  key: 'M5.2 7.6a2.7 2.7 0 1 0 .01 0 M7.2 8.4l5.6-5.6 M10.8 4.8l1.8 1.8',
  person: 'M8 2.8a2.6 2.6 0 1 0 .01 0 M3 13.5c.6-2.6 2.5-4 5-4s4.4 1.4 5 4',
  help: 'M5.6 6a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.9-1.1 1.7 M8 12.2v.1',
  clear: 'M2.5 13.5h11 M4 11l6.5-7.5 3 2.6L9.3 11z M6.6 8l3 2.7',
};

const space = 'http://www.w3.org/2000/svg';
const drawn = new Map();

/** A fresh <svg>; decorative unless a title is given. */
export function icon(name, title = '') {
  if (!drawn.has(name)) {
    const svg = document.createElementNS(space, 'svg');
    svg.setAttribute('viewBox', '0 0 16 16');
    svg.setAttribute('class', `icon icon-${name}`);
    const path = document.createElementNS(space, 'path');
    path.setAttribute('d', shapes[name]);
    svg.append(path);
    drawn.set(name, svg);
  }
  const copy = drawn.get(name).cloneNode(true);
  if (title) {
    copy.setAttribute('role', 'img');
    copy.setAttribute('aria-label', title);
  } else {
    copy.setAttribute('aria-hidden', 'true');
  }
  return copy;
}
