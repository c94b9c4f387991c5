// SPDX-License-Identifier: MIT
// A run that was just started, handed to the view that will show it, so that its page appears at once.

let handed = null;

export function handOver(run) {
  handed = run;
}

/** The run with this number if it was handed over; it is given once. */
export function takeHanded(id) {
  const run = handed?.id === id ? handed : null;
  handed = null;
  return run;
}
