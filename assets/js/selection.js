// SPDX-License-Identifier: MIT
// The algebra of chosen hosts. A selection maps each host's name to the place it was picked from; it is a value: every
// operation gives a new one. The run is asked for by these very names, so what was seen is what runs.

export class Selection {
  constructor(entries = []) {
    this.hosts = new Map(entries);
  }

  get size() {
    return this.hosts.size;
  }

  has(name) {
    return this.hosts.has(name);
  }

  names() {
    return [...this.hosts.keys()];
  }

  /** Adds pairs [name, source]; a host that is there already keeps its place. */
  plus(pairs) {
    const next = new Map(this.hosts);
    for (const [name, source] of pairs) if (!next.has(name)) next.set(name, source);
    return new Selection(next);
  }

  minus(names) {
    const next = new Map(this.hosts);
    for (const name of names) next.delete(name);
    return new Selection(next);
  }

  toggle(name, source) {
    return this.has(name) ? this.minus([name]) : this.plus([[name, source]]);
  }

  withoutSource(source) {
    return new Selection([...this.hosts].filter(([, from]) => from !== source));
  }

  /** Chips: [{source, count}] in the order of picking. */
  sources() {
    const counts = new Map();
    for (const source of this.hosts.values()) counts.set(source, (counts.get(source) || 0) + 1);
    return [...counts].map(([source, count]) => ({ source, count }));
  }

  /** none, some or all of the given names. */
  cover(names) {
    let held = 0;
    for (const name of names) if (this.hosts.has(name)) held += 1;
    if (held === 0) return 'none';
    return held === names.length ? 'all' : 'some';
  }

  toJSON() {
    return [...this.hosts];
  }
}

/** Hosts that match every word of the text in name, address, application, tag, login or system. */
export function matching(hosts, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return hosts;
  return hosts.filter((host) => {
    const hay = [host.name, host.address, host.login, host.os, ...(host.apps || []), ...(host.tags || [])].join('\n').toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}
