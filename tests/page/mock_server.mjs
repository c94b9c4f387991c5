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
  const hosts = [{ id: 1, name: 'jump-01', address: '127.0.0.1', port: 22, login: '', key: '', platform: 'local', os: 'Debian 12', address_public: '', apps: ['Linux.Sysadmin/本机'], tags: [], last: null }];
  const plan = [[1, 'web', 0.4], [2, 'bbs', 0.16], [4, 'cache', 0.14], [5, 'orders-db', 0.1], [6, 'edge', 0.2]];
  for (const [appId, prefix, share] of plan) {
    const app = apps.find((one) => one.id === appId);
    for (let i = 1; i <= Math.round(share * (count - 1)); i += 1) {
      const n = hosts.length;
      hosts.push({
        id: n + 1, name: `${prefix}-${['bj', 'sh', 'fra'][i % 3]}-${String(i).padStart(3, '0')}`, address: `10.${appId}.${(n >> 8) & 255}.${n & 255}`, port: 22, login: 'deploy', key: 'ops', platform: 'ssh',
        os: i % 5 ? 'Debian 12' : 'Rocky 9', address_public: '', apps: [`${app.category}/${app.name}`], tags: [i % 2 ? 'blue' : 'green', ...(i % 7 ? [] : ['canary'])], last: null,
      });
    }
  }
  return { apps, hosts };
}

/** What a host answers, by module; enough variety to see every outcome. */
function answerOf(moduleId, host, index, state) {
  if (state.hostile) return hostileAnswer(index);
  const bad = (index * 7919 + 13) % 23;
  if (host.platform !== 'local' && moduleId !== 1003) {
    if (bad === 3) return { outcome: 'unreachable', reason: 'ssh.connect_refused', message: `connect to ${host.address}:22: connection refused; is sshd running there?` };
    if (bad === 9) return { outcome: 'failed', exit: 1, reason: 'backend.exit', message: 'ended with status 1: its output says why', stdout: '', stderr: `/var/log/messages: Permission denied\nrun as a user who may read it, or set become\n` };
    if (bad === 14) return { outcome: 'timed_out', reason: 'backend.timed_out', message: 'ran longer than 300 s; process group 4711 has ended', stdout: 'reading journal…\n' };
    if (bad === 19) return { outcome: 'lost', reason: 'backend.lost', message: 'the end mark did not come; it may still run there, pid 4711', stdout: 'Jun 03 10:00:01 kernel: link is down\n' };
  }
  if (moduleId === 1003) return { outcome: 'ok', exit: 0, stdout: `${host.os} \\n \\l\nKernel 6.1.0-${20 + (index % 4)}-amd64 on x86_64\n` };
  if (moduleId === 1004) return { outcome: 'ok', exit: 0, stdout: 'Module                  Size  Used by\noverlay               163840  4\nnf_tables             303104  212\nxfs                  1871872  1\n' };
  const rows = [];
  for (let i = 0; i < 24; i += 1) rows.push(`Jun 03 10:${String(i * 2).padStart(2, '0')}:07 ${host.name} ${['systemd[1]: Started Session 4121 of user deploy.', 'sshd[8021]: Accepted publickey for deploy from 10.0.0.4 port 51122', 'kernel: nf_conntrack: table full, dropping packet', 'nginx[901]: 10.9.0.3 - GET /healthz 200 0.002'][(i + index) % 4]}`);
  const stderr = index % 5 === 0 ? 'journalctl: 2 files were skipped (no permission)\n' : '';
  return { outcome: 'ok', exit: 0, stdout: `${rows.join('\n')}\n`, stderr };
}

function hostileAnswer(index) {
  const tricks = [
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked=2">\n"></pre><svg onload=window.hacked=3>\n',
    '\u001b[31mred\u001b[0m plain \u001b]0;title\u0007\u001b[2Jafter clear \u001b[1;32mbold green\u001b[0m\n',
    'exe\u202Egnp.cod name turned round\nRTL عربى שלום here\n',
    '10%\r55%\r100% done\n\u0000\u0001\u0008bell\u0007\n',
    `${'x'.repeat(9000)}\n`,
  ];
  return { outcome: index % 2 ? 'ok' : 'failed', exit: index % 2 ? 0 : 2, stdout: tricks[index % tricks.length], stderr: tricks[(index + 1) % tricks.length], message: index % 2 ? '' : '<b>not bold</b>' };
}

class Refusal extends Error {
  constructor(status, code, reason, message, fields = []) {
    super(message);
    this.status = status;
    this.body = { error: { code, reason, message, fields } };
  }
}
const notFound = (what) => new Refusal(404, 'not_found', 'request.no_such_id', `${what}: there is no such thing`);

export class MockState {
  constructor(options = {}) {
    /** Knobs: stepMs between steps of a run, cutAfterBatches (cuts the stream once), hostile, dead (no answer at all), open. */
    Object.assign(this, { stepMs: 60, cutAfterBatches: 0, hostile: false, dead: false, failPaths: new Map(), delayMs: 0, password: '', bigOutput: 0, runChunk: 0 }, options);
    const { apps, hosts } = seedHosts(options.hosts ?? 40);
    Object.assign(this, { apps, hostList: hosts, modules: seedModules(), runs: [], keys: new Map(), sessions: new Set(), credentials: [{ name: 'ops', kind: 'ed25519', public_key: 'ssh-ed25519 AAAAC3Nza… ops', fingerprint: 'SHA256:9Zb1kq3C0bT5mVvJ2x7cQm1r0v8sYk' }] });
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
    const module = this.modules.find((one) => one.id === request.module);
    if (!module) throw notFound(`module ${request.module}`);
    const targets = this.select(request);
    const groups = new Map();
    for (const host of targets) {
      const key = `${host.platform}/${host.login}`;
      if (!groups.has(key)) groups.set(key, { platform: host.platform, login: host.login, become: host.platform === 'ssh' ? 'root' : '', count: 0, hosts: [] });
      const group = groups.get(key);
      group.count += 1;
      if (group.hosts.length < 20) group.hosts.push(host.name);
    }
    const problems = [];
    if (module.source.state === 'not_written') problems.push({ reason: 'module.not_written', message: `module ${module.id} has no file yet: write ${module.source.path}` });
    return { count: targets.length, groups: [...groups.values()], source: { path: module.source.path, sha256: module.source.sha256 }, parameters: this.parameters(module, request), timeout_s: 300, concurrency: 128, risk: module.risk, problems };
  }

  start(request, key) {
    if (key && this.keys.has(key)) return this.keys.get(key);
    const preview = this.preview(request);
    if (!preview.count) throw new Refusal(400, 'invalid_argument', 'run.no_hosts', 'the selection holds no hosts; choose some');
    if (preview.problems.length) throw new Refusal(409, 'conflict', preview.problems[0].reason, preview.problems[0].message);
    const module = this.modules.find((one) => one.id === request.module);
    const run = new MockRun(this, this.runs.length + 1, module, this.select(request), preview);
    this.runs.push(run);
    if (key) this.keys.set(key, run);
    run.begin();
    return run;
  }
}

class MockRun {
  constructor(state, id, module, hosts, preview) {
    Object.assign(this, { state, id, module, hosts, seq: 0, journal: [], watchers: new Set(), cancelled: false });
    this.created = Date.now();
    this.targets = hosts.map((host, index) => ({
      index, host: host.name, address: host.address, platform: host.platform, login: host.login, state: 'waiting', outcome: null, exit_code: null, signal: '', reason: '', message: '',
      started_at: null, duration_ms: null, stdout_bytes: 0, stderr_bytes: 0, cut_bytes: 0, last_line: '', seq: 0,
    }));
    this.outputs = hosts.map(() => []);
    this.head = {
      id, module: { id: module.id, name: module.name, name_en: module.name_en, risk: module.risk }, user: 'admin', via: 'page', platform: 'ssh', parameters: preview.parameters, state: 'waiting', outcome: null,
      created_at: new Date(this.created).toISOString(), finished_at: null, duration_ms: null, total: hosts.length, concurrency: 128, timeout_s: 300, source: preview.source,
    };
  }

  json() {
    const counts = {};
    for (const target of this.targets) {
      const key = target.state === 'finished' ? target.outcome : target.state;
      counts[key] = (counts[key] || 0) + 1;
    }
    return { ...this.head, counts, seq: this.seq };
  }

  begin() {
    this.head.state = 'running';
    this.answers = this.targets.map((target, index) => answerOf(this.module.id, this.hosts[index], index, this.state));
    this.work = this.targets.map((target, index) => ({ index, parts: chunksOf(this.answers[index], this.state) }));
    this.timer = setInterval(() => this.step(), this.state.stepMs);
  }

  step() {
    let budget = Math.max(4, Math.ceil(this.targets.length / 40));
    const waiting = this.targets.filter((target) => target.state === 'waiting');
    const running = this.targets.filter((target) => target.state === 'running');
    for (const target of waiting.slice(0, Math.max(2, Math.ceil(budget / 2)))) {
      Object.assign(target, { state: 'running', started_at: new Date().toISOString() });
      this.touch(target);
    }
    for (const target of running) {
      if (budget <= 0) break;
      budget -= 1;
      const { parts } = this.work[target.index];
      const part = parts.shift();
      if (part) this.output(target, part.stream, part.text);
      if (!parts.length) this.finish(target, this.answers[target.index]);
    }
    if (this.targets.every((target) => target.state === 'finished')) this.end();
    this.send();
  }

  touch(target) {
    this.seq += 1;
    target.seq = this.seq;
    this.journal.push({ seq: this.seq, target: target.index });
  }

  output(target, stream, text) {
    this.seq += 1;
    const bytes = Buffer.byteLength(text);
    target[`${stream}_bytes`] += bytes;
    const lines = text.split('\n').filter(Boolean);
    if (lines.length) target.last_line = lines.at(-1);
    this.outputs[target.index].push({ seq: this.seq, stream, text, bytes });
    this.journal.push({ seq: this.seq, output: { index: target.index, stream, text: text.slice(-8192), seq: this.seq, ...(text.length > 8192 ? { gap: true } : {}) } });
    this.touch(target);
  }

  finish(target, answer) {
    Object.assign(target, {
      state: 'finished', outcome: answer.outcome, exit_code: answer.exit ?? null, reason: answer.reason || '', message: answer.message || '',
      duration_ms: Math.max(1, Date.now() - Date.parse(target.started_at || this.head.created_at)),
    });
    this.touch(target);
  }

  end() {
    clearInterval(this.timer);
    const ok = this.targets.every((target) => target.outcome === 'ok');
    Object.assign(this.head, { state: 'finished', outcome: this.cancelled ? 'cancelled' : ok ? 'ok' : 'failed', finished_at: new Date().toISOString(), duration_ms: Date.now() - this.created });
    this.seq += 1;
    for (const target of this.targets) {
      const host = this.state.hostList.find((one) => one.name === target.host);
      if (host) host.last = { run: this.id, outcome: target.outcome, at: this.head.finished_at };
    }
  }

  cancel() {
    if (this.head.state === 'finished') return;
    this.cancelled = true;
    this.head.state = 'cancelling';
    for (const target of this.targets) if (target.state !== 'finished') this.finish(target, { outcome: 'cancelled', reason: 'backend.cancelled', message: 'cancelled; process group 4711 has ended' });
  }

  batch(after) {
    const fresh = this.journal.filter((entry) => entry.seq > after);
    const indexes = new Set(fresh.filter((entry) => entry.target !== undefined).map((entry) => entry.target));
    const { module: _module, parameters: _parameters, ...run } = this.json();
    return { seq: this.seq, run, targets: [...indexes].map((index) => this.targets[index]), output: fresh.filter((entry) => entry.output).map((entry) => entry.output) };
  }

  watch(response, after) {
    const watcher = { response, after, batches: 0 };
    this.watchers.add(watcher);
    response.on('close', () => this.watchers.delete(watcher));
    response.write('retry: 2000\n\n');
    this.sendTo(watcher);
  }

  send() {
    for (const watcher of this.watchers) this.sendTo(watcher);
  }

  sendTo(watcher) {
    if (this.seq > watcher.after) {
      const batch = this.batch(watcher.after);
      watcher.after = batch.seq;
      watcher.batches += 1;
      watcher.response.write(`id: ${batch.seq}\nevent: batch\ndata: ${JSON.stringify(batch)}\n\n`);
    }
    if (this.head.state === 'finished') {
      watcher.response.end(`event: end\ndata: ${JSON.stringify({ seq: this.seq })}\n\n`);
      this.watchers.delete(watcher);
    } else if (this.state.cutAfterBatches && watcher.batches >= this.state.cutAfterBatches) {
      this.state.cutAfterBatches = 0;
      this.state.log.push('cut');
      this.watchers.delete(watcher);
      // What was sent before the cut must arrive: a socket destroyed at once takes it along.
      setTimeout(() => watcher.response.destroy(), 500);
    }
  }
}

function chunksOf(answer, state) {
  const parts = [];
  if (state.bigOutput) {
    const line = 'a line of a very long output that goes on and on, number ';
    let n = 0;
    for (let left = state.bigOutput; left > 0; left -= 32768) {
      let text = '';
      while (text.length < 32768) text += `${line}${(n += 1)}\n`;
      parts.push({ stream: 'stdout', text });
    }
  }
  const lines = (answer.stdout || '').match(/[^\n]*\n|[^\n]+$/g) || [];
  for (let i = 0; i < lines.length; i += 6) parts.push({ stream: 'stdout', text: lines.slice(i, i + 6).join('') });
  if (answer.stderr) parts.splice(Math.min(1, parts.length), 0, { stream: 'stderr', text: answer.stderr });
  return parts;
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
    const host = { id: state.hostList.length + 1, port: 22, login: '', key: '', platform: 'ssh', os: '', address_public: '', apps: [], tags: [], last: null, ...body };
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
  ['GET', /^\/credentials$/, ({ state }) => ({ credentials: state.credentials })],
  ['POST', /^\/credentials$/, ({ state, body }) => {
    if (!/BEGIN .*PRIVATE KEY/.test(body.private_key)) throw new Refusal(400, 'invalid_argument', 'key.not_a_key', 'the file holds no private key');
    const credential = { name: body.name, kind: 'ed25519', public_key: `ssh-ed25519 AAAA… ${body.name}`, fingerprint: 'SHA256:Q0mB2yT5mVvJ2x7cQm1r0v8sYk9Zb1' };
    state.credentials.push(credential);
    return [201, { credential }];
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
    const context = { state, match, query: url.searchParams, request, response, csrf, body: method === 'GET' ? null : await readBody(request) };
    if (apiPath.startsWith('/runs/')) {
      context.run = state.runs.find((run) => run.id === Number(match[1]));
      if (!context.run) throw notFound(`run ${match[1]}`);
    }
    const result = answer(context);
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
