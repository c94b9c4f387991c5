// SPDX-License-Identifier: MIT
// What a ready check found: the ready hosts, and the others by outcome and reason, biggest group first, each with the
// lines that would help. Pure.

import { standing } from './outcome.js';

/** {ready: targets, groups: [{key, reason, targets, remedies}]}; targets that have not ended are in neither. */
export function checkGroups(targets) {
  const ready = [];
  const groups = new Map();
  for (const target of targets) {
    if (target?.state !== 'finished') continue;
    const key = standing(target);
    if (key === 'ok') {
      ready.push(target);
      continue;
    }
    const name = `${key} ${target.reason}`;
    if (!groups.has(name)) groups.set(name, { key, reason: target.reason, targets: [], remedies: new Set() });
    const group = groups.get(name);
    group.targets.push(target);
    if (target.remedy) group.remedies.add(target.remedy);
  }
  return { ready, groups: [...groups.values()].map((group) => ({ ...group, remedies: [...group.remedies] })).sort((a, b) => b.targets.length - a.targets.length) };
}
