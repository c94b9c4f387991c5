// SPDX-License-Identifier: MIT
// What the stand-in server knows about reaching hosts: credentials, host keys (known and waiting for somebody's word),
// files to distribute.

import { notFound, Refusal } from './mock_refusal.mjs';

const fingerprint = (text) => `SHA256:${Buffer.from(`${text}-0123456789abcdefghijklmnopqrstuv`).toString('base64').slice(0, 43)}`;

function seedKnown(hosts) {
  const known = hosts.filter((host) => host.platform === 'ssh').map((host, at) => ({ line: at + 1, marker: '', names: `${host.name},${host.address}`, algorithm: 'ssh-ed25519', fingerprint: fingerprint(host.name), hashed: false }));
  known.push({ line: known.length + 3, marker: 'cert-authority', names: '*.fra.example', algorithm: 'ssh-ed25519', fingerprint: fingerprint('authority'), hashed: false });
  known.push({ line: known.length + 3, marker: 'revoked', names: 'web-old', algorithm: 'ssh-rsa', fingerprint: fingerprint('old'), hashed: false });
  known.push({ line: known.length + 3, marker: '', names: '|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=', algorithm: 'ecdsa-sha2-nistp256', fingerprint: fingerprint('hashed'), hashed: true });
  return known;
}

function seedPending(hosts) {
  const seen = { first_seen: '2026-01-06T08:00:00.000Z', last_seen: '2026-01-06T09:30:00.000Z' };
  const of = (host, id, verdict, known = '') => ({ id, name: id % 2 ? host.name : `[${host.address}]:2222`, hosts: id === 3 ? [] : id === 4 ? [host.name, 'web-alias'] : [host.name], verdict, algorithm: 'ssh-ed25519', fingerprint: fingerprint(`new ${host.name}`), known_fingerprint: known, ...seen });
  const some = hosts.filter((host) => host.platform === 'ssh').slice(0, 9);
  const verdicts = ['unknown', 'unknown', 'unknown', 'accepted', 'accepted', 'changed', 'changed', 'revoked', 'only_ca'];
  return some.map((host, at) => of(host, at + 1, verdicts[at], verdicts[at] === 'changed' ? fingerprint(host.name) : ''));
}

export class Reach {
  constructor(hosts) {
    this.credentials = [
      { name: 'ops', kind: 'ssh-key', public_key: 'ssh-ed25519 AAAAC3Nza… ops', fingerprint: 'SHA256:9Zb1kq3C0bT5mVvJ2x7cQm1r0v8sYk', certificate: { key_id: 'ops@jump-bj', principals: ['deploy', 'root'], valid_after: '2026-01-01T00:00:00.000Z', valid_before: '2026-07-01T00:00:00.000Z', serial: 41 } },
      { name: 'sudo-web', kind: 'password', public_key: '', fingerprint: '', certificate: null },
    ];
    this.known = seedKnown(hosts);
    this.pending = seedPending(hosts);
    this.problems = [{ line: 17, message: 'the key is not base64; the line is left out' }];
    this.files = [
      { path: 'app.tar', size_bytes: 67108864, sha256: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c', modified_at: '2026-01-06T08:00:00.000Z' },
      { path: 'nginx/nginx.conf', size_bytes: 2417, sha256: '7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730', modified_at: '2026-01-05T08:00:00.000Z' },
    ];
    this.uploaded = new Map();
  }

  checkTransfer({ kind, copy, fetch }) {
    if (kind === 'copy') {
      if (!this.files.some((file) => file.path === copy?.source || file.path.startsWith(`${copy?.source}/`))) throw new Refusal(404, 'not_found', 'file.not_found', `there is no file ${copy?.source}`);
      if (!copy.destination.startsWith('/')) throw new Refusal(400, 'invalid_argument', 'copy.field_refused', "field 'destination' must be a whole path there: /etc/app.conf, or ~/app.conf in the home");
    }
    if (kind === 'fetch' && !fetch?.source.startsWith('/')) throw new Refusal(400, 'invalid_argument', 'copy.field_refused', "field 'source' must be a whole path there: /etc/app.conf, or ~/app.conf in the home");
  }

  accept(ids) {
    const refused = [];
    let accepted = 0;
    for (const id of ids) {
      const one = this.pending.find((key) => key.id === id);
      if (!one) continue;
      if (one.verdict === 'revoked') {
        refused.push({ id, name: one.name, reason: 'ssh.host_key_revoked', message: `${one.name}: this key is revoked in known_hosts; take the @revoked line out first if that is wrong` });
        continue;
      }
      accepted += 1;
      this.pending.splice(this.pending.indexOf(one), 1);
      this.known = this.known.filter((key) => key.fingerprint !== one.known_fingerprint);
      this.known.push({ line: this.known.length + 5, marker: '', names: one.name, algorithm: one.algorithm, fingerprint: one.fingerprint, hashed: false });
    }
    return { accepted, refused };
  }
}

const page = (items, query) => {
  const limit = Number(query.get('limit')) || 100;
  const from = query.has('after') ? items.findIndex((one) => (one.id ?? one.line) > Number(query.get('after'))) : 0;
  return from < 0 ? [] : items.slice(from, from + limit);
};

export const reachRoutes = [
  ['GET', /^\/credentials$/, ({ state }) => ({ credentials: state.reach.credentials })],
  ['POST', /^\/credentials$/, ({ state, body }) => {
    const { credentials } = state.reach;
    const at = credentials.findIndex((one) => one.name === body.name);
    if (body.replace && at >= 0) credentials.splice(at, 1);
    else if (at >= 0) throw new Refusal(409, 'conflict', 'credential.exists', `there is a credential ${body.name} already`);
    if ('password' in body) {
      credentials.push({ name: body.name, kind: 'password', public_key: '', fingerprint: '', certificate: null });
      return [201, { credential: credentials.at(-1) }];
    }
    if (!/BEGIN .*PRIVATE KEY/.test(body.private_key)) throw new Refusal(400, 'invalid_argument', 'key.not_a_key', 'the file holds no private key');
    const certificate = body.certificate ? { key_id: 'deploy', principals: ['deploy'], valid_after: '2026-01-01T00:00:00.000Z', valid_before: '2027-01-01T00:00:00.000Z', serial: 1 } : null;
    credentials.push({ name: body.name, kind: 'ssh-key', public_key: `ssh-ed25519 AAAA… ${body.name}`, fingerprint: 'SHA256:Q0mB2yT5mVvJ2x7cQm1r0v8sYk9Zb1', certificate });
    return [201, { credential: credentials.at(-1) }];
  }],
  ['GET', /^\/host-keys$/, ({ state, query }) => {
    const wanted = (query.get('q') || '').toLowerCase();
    const found = state.reach.known.filter((key) => `${key.names} ${key.fingerprint} ${key.algorithm} ${key.marker}`.toLowerCase().includes(wanted));
    return { host_keys: page(found, query), problems: state.reach.problems, total: found.length };
  }],
  ['GET', /^\/host-keys\/pending$/, ({ state, query }) => ({ pending: page(state.reach.pending, query), total: state.reach.pending.length })],
  ['POST', /^\/host-keys\/accept$/, ({ state, body }) => state.reach.accept(body.all_new ? state.reach.pending.filter((one) => one.verdict === 'unknown' || one.verdict === 'accepted').map((one) => one.id) : body.ids)],
  ['POST', /^\/host-keys\/reject$/, ({ state, body }) => {
    const before = state.reach.pending.length;
    const gone = state.reach.pending.filter((one) => body.ids.includes(one.id));
    state.reach.pending = state.reach.pending.filter((one) => !body.ids.includes(one.id));
    if (body.revoke) for (const one of gone) state.reach.known.push({ line: state.reach.known.length + 5, marker: 'revoked', names: one.name, algorithm: one.algorithm, fingerprint: one.fingerprint, hashed: false });
    return { rejected: before - state.reach.pending.length };
  }],
  ['POST', /^\/host-keys\/forget$/, ({ state, body }) => {
    const before = state.reach.known.length;
    state.reach.known = state.reach.known.filter((one) => !body.names.some((name) => one.names.split(',').includes(name)));
    return { removed: before - state.reach.known.length };
  }],
  ['POST', /^\/host-keys\/import$/, ({ state, body }) => {
    const answer = { added: 0, unchanged: 0, problems: [] };
    body.text.split('\n').forEach((line, at) => {
      const [names, algorithm, blob] = line.trim().split(/\s+/);
      if (!names || names.startsWith('#')) return;
      if (!blob) answer.problems.push({ line: at + 1, message: 'expected names, a key type and a key' });
      else if (state.reach.known.some((one) => one.names === names)) answer.unchanged += 1;
      else {
        answer.added += 1;
        state.reach.known.push({ line: state.reach.known.length + 5, marker: '', names, algorithm, fingerprint: fingerprint(blob), hashed: false });
      }
    });
    return answer;
  }],
  ['GET', /^\/files$/, ({ state }) => ({ files: state.reach.files })],
  ['PUT', /^\/files\/(.+)$/, async ({ state, match, request }) => {
    const path = decodeURIComponent(match[1]);
    const parts = [];
    for await (const part of request) parts.push(part);
    const bytes = Buffer.concat(parts);
    const file = { path, size_bytes: bytes.length, modified_at: new Date().toISOString() };
    state.reach.files = [...state.reach.files.filter((one) => one.path !== path), file];
    state.reach.uploaded.set(path, bytes);
    return [201, { file }];
  }],
  ['DELETE', /^\/files\/(.+)$/, ({ state, match }) => {
    const path = decodeURIComponent(match[1]);
    if (!state.reach.files.some((one) => one.path === path)) throw notFound(`file ${path}`);
    state.reach.files = state.reach.files.filter((one) => one.path !== path);
    return {};
  }],
];
