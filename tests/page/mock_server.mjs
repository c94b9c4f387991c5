// SPDX-License-Identifier: MIT
// A stand-in for the server, used for page development and for the page's flow tests: it implements docs/api.md over
// invented hosts, with the strict Content-Security-Policy of the real one. It can give 1,000 hosts, slow streams, cut
// streams, hostile output, and refuse to answer. The real binary is tested in tests/e2e.
//
//   node tests/page/mock_server.mjs [--port 9180] [--hosts 40] [--open]      --open: everybody is signed in
//
// In a test: const mock = await startMock({hosts: 1000}); mock.url, mock.state (knobs, see below), await mock.close().

import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Reach, reachRoutes } from './mock_reach.mjs';
import { notFound, Refusal } from './mock_refusal.mjs';
import { batchesOf, MockRun } from './mock_run.mjs';

const assets = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../assets');
const types = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', json: 'application/json', svg: 'image/svg+xml' };
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

const categoryNames = ['Linux.Lbalancing', 'Linux.Sysadmin', 'Linux.Backup', 'Linux.Ice', 'Linux.Logs', 'Linux.Hadoop', 'Linux.Cache', 'Linux.Memcached', 'Linux.Mysql', 'Linux.Proxy', 'Linux.Web', 'Windows.Mssql', 'Windows.Web'];

const lineField = { kind: 'field', name: 'sys_param_1', type: 'text', label: '', value: '50', required: true, size: 5, maxlength: 3, pattern: '[0-9]{1,3}', inputmode: 'numeric' };
const choice = (names, chosen) => ({ kind: 'field', name: 'sys_param_1', type: 'select', label: '', required: true, options: names.map((name) => ({ value: name, label: name, selected: name === chosen })) });
const services = ['resin', 'nginx', 'haproxy', 'apache', 'mysql', 'lighttpd'];

function module(id, name, nameEn, caption, captionEn, risk, items, itemsEn) {
  return {
    id, name, name_en: nameEn, caption, caption_en: captionEn, risk, timeout_s: 300, concurrency: 0, platform: 'ssh',
    source: { state: 'ready', path: `modules/ssh/Mid_${id}.sh`, sha256: createHash('sha256').update(name).digest('hex'), origin: 'builtin', problem: '' },
    form: { items, items_en: itemsEn },
  };
}

function seedModules() {
  const text = (value) => ({ kind: 'text', text: value, bold: false });
  const list = [
    module(1001, '查看系统日志', 'System log', '查看所选服务器的操作系统日志信息', 'The last lines of the system log', 'read', [text('返回信息行数：'), lineField], [text('Lines to return:'), lineField]),
    module(1002, '查看最新登录', 'Latest logins', '查看所选服务器的最近的用户登录信息', 'Who signed in most recently', 'read', [text('返回信息行数：'), lineField], [text('Lines to return:'), lineField]),
    module(1003, '查看系统版本', 'OS version', '查看所选服务器操作系统的版本信息', 'Version of the operating system', 'read', [], []),
    module(1004, '查看内核模块', 'Kernel modules', '查看所选服务器操作系统的内核模块信息', 'Kernel modules that are loaded', 'read', [], []),
    module(1005, '同步应用文件', 'Distribute a file', '同步选择的应用文件(可动态添加)到所选的目标服务器', 'Copies an application file to the hosts', 'change', [text('选择同步文件：'), choice(['nginx', 'nginx_config', 'haproxy', 'syslog', 'sysctl', 'resin'], 'nginx')], [text('File to distribute:'), choice(['nginx', 'nginx_config', 'haproxy', 'syslog', 'sysctl', 'resin'], 'nginx')]),
    module(1006, '查看应用配置', 'Show configuration', '查看指定的服务的配置信息', 'The configuration of a service', 'read', [text('进程服务名称：'), choice(services, 'resin')], [text('Service:'), choice(services, 'resin')]),
    module(1007, '重启进程服务', 'Restart a service', '重启目标服务器的指定的进程或服务', 'Restarts a service on the hosts', 'danger', [text('进程服务名称：'), choice(services, 'nginx')], [text('Service:'), choice(services, 'nginx')]),
    module(1008, '清理临时目录', 'Clean temporary files', '清理超过保留天数的临时文件', 'Removes old temporary files', 'change', [text('保留天数：'), { ...lineField, type: 'number', value: '7', min: '1', max: '365' }], [text('Days to keep:'), { ...lineField, type: 'number', value: '7', min: '1', max: '365' }]),
    module(1009, '轮换数据库口令', 'Rotate a database password', '', '', 'danger', [text('新口令：'), { kind: 'field', name: 'sys_param_1', type: 'password', label: '', required: true }], [text('New password:'), { kind: 'field', name: 'sys_param_1', type: 'password', label: '', required: true }]),
  ];
  list[7].source = { ...list[7].source, state: 'not_written', sha256: '', origin: 'data' };
  list[8].source = { ...list[8].source, state: 'broken', origin: 'data', problem: 'modules/ssh/Mid_1009.sh is writable by its group; chmod 0644 it. The previous version stays in force.' };
  return list;
}

function seedHosts(count) {
  const apps = [
    { id: 1, name: 'www.domain.com', category: 'Linux.Web' }, { id: 2, name: 'bbs.domain.com', category: 'Linux.Web' }, { id: 3, name: '本机', category: 'Linux.Sysadmin' },
    { id: 4, name: 'session-cache', category: 'Linux.Cache' }, { id: 5, name: 'orders', category: 'Linux.Mysql' }, { id: 6, name: 'edge', category: 'Linux.Lbalancing' }, { id: 7, name: 'empty.domain.com', category: 'Linux.Web' },
  ].map((app) => ({ ...app, category_id: categoryNames.indexOf(app.category) + 1 }));
  const hosts = [{ id: 1, name: 'jump-01', address: '127.0.0.1', port: 22, login: '', key: '', platform: 'local', os: 'Debian 12', address_public: '', apps: ['Linux.Sysadmin/本机'], tags: [], jump: '', become: '', become_method: '', legacy_algorithms: false, host_key_alias: '', last: null }];
  const plan = [[1, 'web', 0.4], [2, 'bbs', 0.16], [4, 'cache', 0.14], [5, 'orders-db', 0.1], [6, 'edge', 0.2]];
  for (const [appId, prefix, share] of plan) {
    const app = apps.find((one) => one.id === appId);
    for (let i = 1; i <= Math.round(share * (count - 1)); i += 1) {
      const n = hosts.length;
      hosts.push({
        id: n + 1, name: `${prefix}-${['bj', 'sh', 'fra'][i % 3]}-${String(i).padStart(3, '0')}`, address: `10.${appId}.${(n >> 8) & 255}.${n & 255}`, port: 22, login: 'deploy', key: 'ops', platform: 'ssh',
        os: i % 5 ? 'Debian 12' : 'Rocky 9', address_public: '', apps: [`${app.category}/${app.name}`], tags: [i % 2 ? 'blue' : 'green', ...(i % 7 ? [] : ['canary'])],
        jump: i % 3 === 2 ? 'jump-01' : '', become: i % 4 ? '' : 'root', become_method: i % 8 ? '' : 'su', legacy_algorithms: i % 11 === 5, host_key_alias: i % 13 === 6 ? 'edge-b' : '', last: null,
      });
    }
  }
  return { apps, hosts };
}

export class MockState {
  constructor(options = {}) {
    /** Knobs: stepMs between steps of a run, cutAfterBatches (cuts the stream once), hostile, dead (no answer at all), open. */
    Object.assign(this, { stepMs: 60, cutAfterBatches: 0, hostile: false, dead: false, failPaths: new Map(), delayMs: 0, password: '', bigOutput: 0, runChunk: 0 }, options);
    const { apps, hosts } = seedHosts(options.hosts ?? 40);
    Object.assign(this, { apps, hostList: hosts, modules: seedModules(), runs: [], keys: new Map(), sessions: new Set() });
    this.reach = new Reach(hosts);
    this.links = new Set(['one-time-code']);
    this.log = [];
  }

  appOf(id) {
    return this.apps.find((app) => app.id === id);
  }

  hostsIn({ app, category, q, tag }) {
    const names = app ? [`${this.appOf(Number(app))?.category}/${this.appOf(Number(app))?.name}`] : null;
    const categoryName = category ? categoryNames[Number(category) - 1] : null;
    return this.hostList.filter((host) => (!names || host.apps.includes(names[0])) && (!categoryName || host.apps.some((one) => one.startsWith(`${categoryName}/`)))
      && (!tag || host.tags.includes(tag)) && (!q || host.name.includes(q)));
  }

  select(request) {
    const { hosts = [], apps = [], tags = [] } = request.select || {};
    return this.hostList.filter((host) => hosts.includes(host.name) || host.apps.some((app) => apps.includes(app)) || host.tags.some((tag) => tags.includes(tag)))
      .sort((a, b) => hosts.indexOf(a.name) - hosts.indexOf(b.name));
  }

  parameters(module, request) {
    const fields = module.form.items.filter((item) => item.kind === 'field');
    const problems = [];
    const parameters = fields.map((field) => {
      const value = (Array.isArray(request.parameters) ? request.parameters[0] : request.parameters?.[field.name]) ?? '';
      if (field.required && !value) problems.push({ field: field.name, message: 'a value is needed', message_zh: '此项必填' });
      else if (field.pattern && !new RegExp(`^(?:${field.pattern})$`).test(value)) problems.push({ field: field.name, message: 'digits only, at most three', message_zh: '只能输入最多三位数字' });
      return { name: field.name, value: field.type === 'password' ? '' : value, secret: field.type === 'password' };
    });
    if (problems.length) throw new Refusal(400, 'invalid_argument', 'form.refused', `module ${module.id}: ${problems[0].field}: ${problems[0].message}`, problems);
    return parameters;
  }

  preview(request) {
    const kind = request.kind || 'module';
    const module = kind === 'module' ? this.modules.find((one) => one.id === request.module) : null;
    if (kind === 'module' && !module) throw notFound(`module ${request.module}`);
    this.reach.checkTransfer(request);
    const targets = this.select(request);
    const groups = new Map();
    for (const host of targets) {
      const key = `${host.platform}/${host.login}`;
      if (!groups.has(key)) groups.set(key, { platform: host.platform, login: host.login, become: host.platform === 'ssh' ? host.become || 'root' : '', become_method: host.become_method || '', count: 0, hosts: [] });
      const group = groups.get(key);
      group.count += 1;
      if (group.hosts.length < 20) group.hosts.push(host.name);
    }
    const problems = [];
    if (module?.source.state === 'not_written') problems.push({ reason: 'module.not_written', message: `module ${module.id} has no file yet: write ${module.source.path}` });
    const of = batchesOf(request.batches, targets.length);
    const sizes = Array.from({ length: (of.at(-1) ?? -1) + 1 }, (_, batch) => of.filter((one) => one === batch).length);
    return { batches: request.batches ? { count: sizes.length, sizes: sizes.slice(0, 20) } : null, count: targets.length, groups: [...groups.values()], kind, source: module && { path: module.source.path, sha256: module.source.sha256 }, parameters: module ? this.parameters(module, request) : [], timeout_s: 300, concurrency: 128, risk: module?.risk || (kind === 'copy' ? 'change' : 'read'), problems };
  }

  /** The same again on those targets of a run that had these outcomes; what was secret must be given again. */
  retry(run, { outcomes, parameters = {} }) {
    if (run.head.state !== 'finished') throw new Refusal(409, 'conflict', 'run.not_finished', `run ${run.id} is still running; stop it or wait for its end`);
    const hosts = run.targets.filter((target) => (outcomes ? outcomes.includes(target.outcome) : target.outcome !== 'ok')).map((target) => target.host);
    const again = Object.fromEntries(run.head.parameters.map((one) => [one.name, one.secret ? parameters[one.name] : one.value]));
    return this.start({ ...run.request, parameters: again, select: { hosts } });
  }

  start(request, key) {
    if (key && this.keys.has(key)) return this.keys.get(key);
    const preview = this.preview(request);
    if (!preview.count) throw new Refusal(400, 'invalid_argument', 'run.no_hosts', 'the selection holds no hosts; choose some');
    if (preview.problems.length) throw new Refusal(409, 'conflict', preview.problems[0].reason, preview.problems[0].message);
    const module = this.modules.find((one) => one.id === request.module) || null;
    const run = new MockRun(this, this.runs.length + 1, request, module, this.select(request), preview);
    this.runs.push(run);
    if (key) this.keys.set(key, run);
    run.begin();
    return run;
  }
}

function sessionJson(state, csrf) {
  return { user: { name: 'admin', rights: ['admin'], has_password: Boolean(state.password) }, csrf, controller: { name: 'jump-bj', version: '0.1.0', platform: 'ssh', started_at: '2026-01-05T08:00:00.000Z' } };
}

const routes = [
  ['GET', /^\/session$/, ({ state, csrf }) => sessionJson(state, csrf)],
  ['POST', /^\/session$/, ({ state, body, response }) => {
    if (!state.password || body.password !== state.password) throw new Refusal(401, 'unauthorized', 'access.sign_in_refused', 'user or password is not right');
    return sessionJson(state, signIn(state, response));
  }],
  ['POST', /^\/session\/link$/, ({ state, body, response }) => {
    if (!state.links.delete(body.code)) throw new Refusal(401, 'unauthorized', 'access.link_refused', 'the link was used already');
    return sessionJson(state, signIn(state, response));
  }],
  ['PUT', /^\/session\/password$/, ({ state, body }) => {
    state.password = body.password;
    return {};
  }],
  ['DELETE', /^\/session$/, ({ state }) => {
    state.sessions.clear();
    return {};
  }],
  ['GET', /^\/categories$/, ({ state }) => ({
    categories: categoryNames.map((name, i) => ({ id: i + 1, name, app_count: state.apps.filter((app) => app.category === name).length, host_count: state.hostsIn({ category: i + 1 }).length })),
  })],
  ['GET', /^\/apps$/, ({ state, query }) => {
    const wanted = query.getAll('category').map(Number);
    return { apps: state.apps.filter((app) => !wanted.length || wanted.includes(app.category_id)).map((app) => ({ ...app, host_count: state.hostsIn({ app: app.id }).length })) };
  }],
  ['POST', /^\/apps$/, ({ state, body }) => {
    const app = { id: state.apps.length + 1, name: body.name, category: body.category, category_id: categoryNames.indexOf(body.category) + 1 };
    state.apps.push(app);
    return [201, { app: { ...app, host_count: 0 } }];
  }],
  ['GET', /^\/hosts$/, ({ state, query }) => ({ hosts: state.hostsIn(Object.fromEntries(query)) })],
  ['POST', /^\/hosts$/, ({ state, body }) => {
    if (state.hostList.some((host) => host.name === body.name)) throw new Refusal(409, 'conflict', 'inventory.host_exists', `there is a host ${body.name} already`);
    const host = { id: state.hostList.length + 1, port: 22, login: '', key: '', platform: 'ssh', os: '', address_public: '', apps: [], tags: [], jump: '', become: '', become_method: '', legacy_algorithms: false, host_key_alias: '', last: null, ...body };
    if (host.jump && !state.hostList.some((one) => one.name === host.jump)) throw new Refusal(400, 'invalid_argument', 'inventory.no_jump', `host ${host.name}: jump: there is no host ${host.jump}`);
    state.hostList.push(host);
    return [201, { host }];
  }],
  ['POST', /^\/hosts\/import$/, ({ state, body }) => {
    const [head, ...rows] = body.csv.trim().split('\n').map((line) => line.split(','));
    const answer = { added: 0, changed: 0, unchanged: 0, refused: [] };
    rows.forEach((row, i) => {
      const host = Object.fromEntries(head.map((name, at) => [name.trim(), (row[at] || '').trim()]));
      if (!host.name || !host.address) answer.refused.push({ line: i + 2, reason: 'import.cells', message: 'name and address are needed' });
      else if (state.hostList.some((one) => one.name === host.name)) answer.unchanged += 1;
      else {
        answer.added += 1;
        if (!body.dry_run) state.hostList.push({ id: state.hostList.length + 1, port: 22, key: '', platform: 'ssh', os: '', address_public: '', last: null, ...host, login: host.login || '', apps: host.app ? [`${host.category}/${host.app}`] : [], tags: (host.tags || '').split(';').filter(Boolean) });
      }
    });
    return answer;
  }],
  ['GET', /^\/modules$/, ({ state }) => ({ modules: state.modules.map(({ form: _form, ...rest }) => rest) })],
  ['POST', /^\/modules$/, ({ state, body }) => {
    const made = module(Math.max(...state.modules.map((one) => one.id)) + 1, body.name, body.name_en, body.caption, body.caption_en, body.risk, [], []);
    made.source = { ...made.source, state: 'not_written', sha256: '', origin: 'data' };
    state.modules.push(made);
    return [201, { module: made }];
  }],
  ['GET', /^\/modules\/(\d+)$/, ({ state, match }) => {
    const found = state.modules.find((one) => one.id === Number(match[1]));
    if (!found) throw notFound(`module ${match[1]}`);
    return { module: found };
  }],
  ['GET', /^\/modules\/(\d+)\/source$/, ({ match }) => ({ source: { path: `modules/ssh/Mid_${match[1]}.sh`, sha256: '', text: '#!/bin/sh\n# System log: the last $1 lines, newest last.\nset -eu\nlines=${1:-50}\nif command -v journalctl >/dev/null 2>&1; then\n  journalctl --no-pager -n "$lines"\nelse\n  tail -n "$lines" /var/log/messages\nfi\n' } })],
  ['POST', /^\/preview$/, ({ state, body }) => ({ preview: state.preview(body) })],
  ['POST', /^\/runs$/, ({ state, body, request }) => [201, { run: state.start(body, request.headers['idempotency-key']).json() }]],
  ['GET', /^\/runs$/, ({ state, query }) => {
    const before = Number(query.get('before')) || Infinity;
    return { runs: state.runs.filter((run) => run.id < before).slice(-(Number(query.get('limit')) || 50)).reverse().map((run) => run.json()) };
  }],
  ['GET', /^\/runs\/(\d+)$/, ({ run }) => ({ run: run.json() })],
  ['GET', /^\/runs\/(\d+)\/targets$/, ({ run, query }) => {
    const after = query.has('after') ? Number(query.get('after')) : -1;
    return { targets: run.targets.slice(after + 1, after + 1 + (Number(query.get('limit')) || 1000)) };
  }],
  ['GET', /^\/runs\/(\d+)\/targets\/([^/]+)\/output$/, ({ run, match, query, response }) => {
    const host = decodeURIComponent(match[2]);
    const target = run.targets.find((one) => one.host === host);
    if (!target) throw notFound(`host ${host}`);
    const chunks = run.outputs[target.index];
    if (query.has('raw')) {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
      response.end(chunks.filter((chunk) => chunk.stream === query.get('raw')).map((chunk) => chunk.text).join(''));
      return null;
    }
    const after = Number(query.get('after')) || 0;
    const limit = Number(query.get('limit')) || 65536;
    const rest = chunks.filter((chunk) => chunk.seq > after);
    const page = [];
    let size = 0;
    while (rest.length && (!page.length || size + rest[0].bytes <= limit)) {
      size += rest[0].bytes;
      page.push(rest.shift());
    }
    return { host, chunks: page, next: rest.length ? page.at(-1).seq : null, cursor: page.at(-1)?.seq ?? after };
  }],
  ['GET', /^\/runs\/(\d+)\/events$/, ({ run, request, query, response }) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    run.state.log.push(`events after ${request.headers['last-event-id'] ?? query.get('after')}`);
    run.watch(response, Number(request.headers['last-event-id'] ?? query.get('after')) || 0);
    return null;
  }],
  ['POST', /^\/runs\/(\d+)\/cancel$/, ({ run }) => {
    run.cancel();
    return [202, { run: run.json() }];
  }],
  ['POST', /^\/runs\/(\d+)\/(pause|continue)$/, ({ run, match }) => {
    if (match[2] === 'pause') run.pause('by_hand');
    else run.goOn();
    return [202, { run: run.json() }];
  }],
  ['POST', /^\/runs\/(\d+)\/retry$/, ({ state, run, body }) => [201, { run: state.retry(run, body).json() }]],
  ['GET', /^\/runs\/(\d+)\/targets\/([^/]+)\/file$/, ({ match, response }) => {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment; filename="syslog"' });
    response.end(`the log of ${decodeURIComponent(match[2])}\n`);
    return null;
  }],
  ...reachRoutes,
];

function signIn(state, response) {
  const csrf = randomBytes(16).toString('hex');
  state.sessions.add(csrf);
  response.setHeader('Set-Cookie', `omserver_mock=${csrf}; HttpOnly; SameSite=Strict; Path=/`);
  return csrf;
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  return text ? JSON.parse(text) : {};
}

async function serveAsset(name, response) {
  const file = path.join(assets, name);
  if (!file.startsWith(assets + path.sep)) throw notFound(name);
  let bytes;
  try {
    bytes = await readFile(file);
  } catch {
    throw notFound(name);
  }
  if (name.endsWith('.html')) bytes = Buffer.from(bytes.toString('utf8').replaceAll('/assets/@/', '/assets/0badcafe/'));
  response.writeHead(200, { 'Content-Type': types[name.split('.').pop()] || 'application/octet-stream', 'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store' });
  response.end(bytes);
}

async function handle(state, request, response) {
  const url = new URL(request.url, 'http://mock');
  if (state.dead) {
    response.destroy();
    return;
  }
  if (!url.pathname.startsWith('/api/v1/')) {
    const asset = /^\/assets\/(?:[0-9a-f]{8}\/)?(.+)$/.exec(url.pathname);
    if (asset) await serveAsset(asset[1], response);
    else if (url.pathname === '/sign-in') await serveAsset('sign-in.html', response);
    else await serveAsset('index.html', response);
    return;
  }
  const apiPath = url.pathname.slice('/api/v1'.length);
  if (state.delayMs) await new Promise((resolve) => setTimeout(resolve, state.delayMs));
  const cookie = /omserver_mock=([0-9a-f]+)/.exec(request.headers.cookie || '')?.[1] || '';
  const csrf = state.open ? 'open' : cookie;
  const signedIn = state.open || state.sessions.has(cookie);
  const signingIn = request.method === 'POST' && (apiPath === '/session' || apiPath === '/session/link');
  if (!signedIn && !signingIn) throw new Refusal(401, 'unauthorized', 'access.sign_in', 'sign in first');
  if (request.method !== 'GET' && !signingIn && request.headers['x-csrf-token'] !== csrf) throw new Refusal(403, 'forbidden', 'access.csrf', 'the CSRF token is not right');
  const failure = state.failPaths.get(apiPath);
  if (failure) throw new Refusal(failure, 'internal', '', `${apiPath}: made to fail`);
  for (const [method, pattern, answer] of routes) {
    const match = method === request.method && pattern.exec(apiPath);
    if (!match) continue;
    const context = { state, match, query: url.searchParams, request, response, csrf, body: method === 'GET' || method === 'PUT' && apiPath.startsWith('/files/') ? null : await readBody(request) };
    if (apiPath.startsWith('/runs/')) {
      context.run = state.runs.find((run) => run.id === Number(match[1]));
      if (!context.run) throw notFound(`run ${match[1]}`);
    }
    const result = await answer(context);
    if (result === null) return;
    const [status, body] = Array.isArray(result) ? result : [200, result];
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(body));
    return;
  }
  throw notFound(apiPath);
}

export async function startMock({ port = 0, ...options } = {}) {
  const state = new MockState(options);
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error) => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal', '', String(error.stack || error));
      response.writeHead(refusal.status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(refusal.body));
    });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    state,
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      for (const run of state.runs) clearInterval(run.timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const value = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
  const mock = await startMock({ port: Number(value('--port', 9180)), hosts: Number(value('--hosts', 40)), open: process.argv.includes('--open') });
  process.stdout.write(`${mock.url}/sign-in#code=one-time-code\n`);
}
