// SPDX-License-Identifier: MIT
// A run in batches: what the fields of the console say as a request, how many hosts each batch will have, and what is
// wrong with a field. Pure. The server decides; this is for saying beforehand what it will decide.

/** The fields before anybody touched them: all hosts at once. */
export const noBatches = { size: '', canary: '', max_failed: '', pause: 'never', order: 'given' };

const amountForm = { size: /^(?:[1-9]\d{0,5}|(?:100|[1-9]\d?)%)$/, max_failed: /^(?:\d{1,6}|(?:100|\d{1,2})%)$/ };

/** Names of the fields that hold something that is neither a number nor, where that is allowed, a share. */
export function wrongBatchFields(fields) {
  const wrong = [];
  for (const name of ['size', 'max_failed']) if (fields[name].trim() && !amountForm[name].test(fields[name].trim())) wrong.push(name);
  if (fields.canary.trim() && !/^\d{1,6}$/.test(fields.canary.trim())) wrong.push('canary');
  return wrong;
}

/** The request's `batches`, or null when all hosts run at once and nothing stops them. */
export function batchesOf(fields) {
  const body = {};
  if (fields.size.trim()) body.size = fields.size.trim();
  if (Number(fields.canary) > 0) body.canary = Number(fields.canary);
  if (fields.max_failed.trim()) body.max_failed = fields.max_failed.trim();
  const split = Boolean(body.size || body.canary);
  if (split && fields.pause !== 'never') body.pause = fields.pause;
  if (fields.order !== 'given') body.order = fields.order;
  return Object.keys(body).length ? body : null;
}

/** "10" or "25%" of a total: hosts, at least one. */
function hostsOf(amount, total) {
  return Math.max(1, amount.endsWith('%') ? Math.ceil((total * Number(amount.slice(0, -1))) / 100) : Number(amount));
}

/** The sizes of the batches, in order. */
export function plannedBatches(total, batches) {
  const sizes = [];
  let left = total;
  const take = (wanted) => {
    const count = Math.min(wanted, left);
    if (count > 0) sizes.push(count);
    left -= count;
  };
  if (batches?.canary) take(batches.canary);
  const each = batches?.size ? hostsOf(batches.size, total) : left;
  while (left > 0) take(each);
  return sizes;
}

/** Sizes as few words: "1, 25 × 4, 3". */
export function sizesText(sizes) {
  const groups = [];
  for (const size of sizes) {
    if (groups.at(-1)?.size === size) groups.at(-1).times += 1;
    else groups.push({ size, times: 1 });
  }
  const shown = groups.length > 6 ? [...groups.slice(0, 5), null, groups.at(-1)] : groups;
  return shown.map((group) => (group === null ? '…' : group.times > 1 ? `${group.size} × ${group.times}` : String(group.size))).join(', ');
}
