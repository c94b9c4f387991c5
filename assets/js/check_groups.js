// SPDX-License-Identifier: MIT
// What a ready check found: the ready hosts, and the others by outcome and reason, each with the lines that would help.
// Pure.

import { standing } from './outcome.js';

/**
 * {ready: targets, groups: [{name, key, reason, targets, remedies}]}; targets that have not ended are in neither. The groups
 * that are shown already (their names) keep their places; the others follow, the biggest first.
 */
export function checkGroups(targets, shown = []) {
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
    if (!groups.has(name)) groups.set(name, { name, key, reason: target.reason, targets: [], remedies: new Set() });
    const group = groups.get(name);
    group.targets.push(target);
    if (target.remedy) group.remedies.add(target.remedy);
  }
  const place = ({ name }) => (shown.includes(name) ? shown.indexOf(name) : shown.length);
  const list = [...groups.values()].map((group) => ({ ...group, remedies: [...group.remedies] }));
  return { ready, groups: list.sort((a, b) => place(a) - place(b) || b.targets.length - a.targets.length) };
}
