// SPDX-License-Identifier: MIT
// Where the cells of the host wall are: target after target in rows, one batch after the other with a line between two.
// Pure.

export const gapPx = 2;
/** What a line between two batches takes. */
export const seamPx = 8;

function flow(order, batchOf, size, width) {
  const step = size + gapPx;
  const cells = new Array(order.length);
  const rows = [];
  const seams = [];
  let x = 0;
  let row = null;
  let before = null;
  for (const index of order) {
    const batch = batchOf(index);
    const seam = before !== null && batch !== before ? seamPx : 0;
    if (!row || (row.cells.length && x + seam + size > width)) {
      row = { y: rows.length * step, cells: [] };
      rows.push(row);
      x = 0;
    }
    if (seam) {
      seams.push({ x: x + seamPx / 2 - 1, y: row.y, batch });
      x += seam;
    }
    cells[index] = { x, y: row.y, row: rows.length - 1, column: row.cells.length };
    row.cells.push(index);
    x += step;
    before = batch;
  }
  return { size, cells, rows, seams, height: Math.max(0, rows.length * step - gapPx) };
}

/**
 * The largest cells (6 to 18 px) with which all targets fit into the area; more rows than the area when even 6 do not.
 * batchOf(index): the batch of a target. Returns {size, cells: {x, y, row, column} by target, rows: {y, cells: targets},
 * seams: lines to draw, height}.
 */
export function wallLayout(count, batchOf, width, height) {
  const order = Array.from({ length: count }, (_, index) => index);
  order.sort((a, b) => batchOf(a) - batchOf(b) || a - b);
  for (let size = 18; size > 6; size -= 1) {
    const perRow = Math.max(1, Math.floor((width + gapPx) / (size + gapPx)));
    if (Math.ceil(count / perRow) * (size + gapPx) - gapPx > height) continue;
    const layout = flow(order, batchOf, size, width);
    if (layout.height <= height) return layout;
  }
  return flow(order, batchOf, 6, width);
}

/** The target at a point of the layout, or -1. */
export function targetAt(layout, x, y) {
  const row = layout.rows[Math.floor(y / (layout.size + gapPx))];
  if (!row || x < 0 || y < 0) return -1;
  const found = row.cells.findLast((index) => layout.cells[index].x <= x);
  return found !== undefined && x < layout.cells[found].x + layout.size + gapPx ? found : -1;
}

/** The target one step away: 'left', 'right', 'up', 'down', 'first' or 'last'. */
export function neighbour(layout, from, direction) {
  const order = layout.rows.flatMap((row) => row.cells);
  if (direction === 'first') return order[0];
  if (direction === 'last') return order.at(-1);
  if (direction === 'left' || direction === 'right') {
    const at = order.indexOf(from) + (direction === 'right' ? 1 : -1);
    return order[Math.max(0, Math.min(order.length - 1, at))];
  }
  const { x, row } = layout.cells[from];
  const next = layout.rows[row + (direction === 'down' ? 1 : -1)];
  if (!next) return from;
  return next.cells.reduce((best, index) => (Math.abs(layout.cells[index].x - x) < Math.abs(layout.cells[best].x - x) ? index : best));
}
