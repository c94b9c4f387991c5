// SPDX-License-Identifier: MIT
// One run of the stand-in server: what its invented hosts answer, its journal, its batches and its event streams.

/** What a host answers, by module; enough variety to see every outcome. */
function answerOf(request, host, index, state) {
  if (state.hostile) return hostileAnswer(index);
  if (request.kind === 'check') return checkAnswer(host, index);
  if (request.kind === 'copy' || request.kind === 'fetch') return (index * 7919 + 13) % 23 === 9 ? { outcome: 'failed', exit: 1, reason: 'copy.no_space', message: 'no space is left below /opt; free 64 MiB there' } : { outcome: 'ok', exit: 0 };
  const moduleId = request.module;
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

/** What a ready check finds out about a host; most of them are ready. */
function checkAnswer(host, index) {
  const bad = (index * 7919 + 13) % 23;
  if (host.platform === 'local') return { outcome: 'ok', exit: 0 };
  if (bad === 3) return { outcome: 'unreachable', reason: 'ssh.connect_refused', message: `connect to ${host.address}:22: connection refused; is sshd running there?`, remedy: 'systemctl enable --now ssh' };
  if (bad === 9 || bad === 10) return { outcome: 'unreachable', reason: 'ssh.host_key_changed', message: `the host key of ${host.name} is another one than known_hosts holds; if the host was reinstalled accept the new key`, remedy: `omserver hostkey accept ${index}` };
  if (bad === 14) return { outcome: 'failed', reason: 'ssh.login_refused', message: `${host.login}@${host.address}: no key was taken: ops`, remedy: `ssh-copy-id ${host.login}@${host.address}` };
  return { outcome: 'ok', exit: 0 };
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

/** "25%" or "10" of a total, at least one. */
const amount = (text, total) => Math.max(1, text.endsWith('%') ? Math.ceil((total * Number(text.slice(0, -1))) / 100) : Number(text));

/** What may fail before the run stops: rounded down, "0" allows nothing. */
const allowed = (text, total) => (text.endsWith('%') ? Math.floor((total * Number(text.slice(0, -1))) / 100) : Number(text));

/** The batch of each target, from 0. */
export function batchesOf(spec, total) {
  if (!spec) return new Array(total).fill(0);
  const of = [];
  let batch = 0;
  const take = (count) => {
    for (let i = 0; i < count && of.length < total; i += 1) of.push(batch);
    batch += 1;
  };
  if (spec.canary) take(spec.canary);
  while (of.length < total) take(spec.size ? amount(spec.size, total) : total);
  return of;
}

const fileBytes = 64 * 1024 * 1024;

export class MockRun {
  constructor(state, id, request, module, hosts, preview) {
    Object.assign(this, { state, id, request, module, hosts, seq: 0, journal: [], watchers: new Set(), cancelled: false, currentBatch: 0 });
    const kind = request.kind || 'module';
    const batches = batchesOf(request.batches, hosts.length);
    this.created = Date.now();
    this.targets = hosts.map((host, index) => ({
      index, host: host.name, address: host.address, platform: host.platform, login: host.login, state: 'waiting', outcome: null, exit_code: null, signal: '', reason: '', message: '',
      started_at: null, duration_ms: null, stdout_bytes: 0, stderr_bytes: 0, cut_bytes: 0, last_line: '', batch: batches[index], progress: null, remedy: '', seq: 0,
    }));
    this.outputs = hosts.map(() => []);
    this.head = {
      id, kind, module: module && { id: module.id, name: module.name, name_en: module.name_en, risk: module.risk }, spec: request[kind] || null, paused_reason: '',
      batches: request.batches ? { size: '', canary: 0, max_failed: '', pause: 'never', order: 'given', ...request.batches, count: batches.at(-1) + 1, current: 0 } : null, user: 'admin', via: 'page', platform: 'ssh', parameters: preview.parameters, state: 'waiting', outcome: null,
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
    this.answers = this.targets.map((target, index) => answerOf(this.request, this.hosts[index], index, this.state));
    this.work = this.targets.map((target, index) => ({ index, parts: chunksOf(this.answers[index], this.state) }));
    this.timer = setInterval(() => this.step(), this.state.stepMs);
  }

  step() {
    if (this.head.state === 'paused') return;
    let budget = Math.max(4, Math.ceil(this.targets.length / 40));
    const waiting = this.targets.filter((target) => target.state === 'waiting' && target.batch === this.currentBatch);
    const running = this.targets.filter((target) => target.state === 'running');
    for (const target of waiting.slice(0, Math.max(2, Math.ceil(budget / 2)))) {
      Object.assign(target, { state: 'running', started_at: new Date().toISOString() });
      this.touch(target);
    }
    for (const target of running) {
      if (budget <= 0) break;
      budget -= 1;
      const { parts } = this.work[target.index];
      if (this.transfers(target)) continue;
      const part = parts.shift();
      if (part) this.output(target, part.stream, part.text);
      if (!parts.length) this.finish(target, this.answers[target.index]);
    }
    if (this.targets.every((target) => target.state !== 'waiting' && target.state !== 'running')) this.end();
    else if (this.targets.every((target) => target.batch > this.currentBatch || target.state === 'finished')) this.nextBatch();
    this.send();
  }

  /** A file on its way: true while there is more to carry. */
  transfers(target) {
    if (this.head.kind !== 'copy' && this.head.kind !== 'fetch') return false;
    if (this.answers[target.index].outcome !== 'ok') return false;
    const done = Math.min(fileBytes, (target.progress?.done ?? 0) + fileBytes / 8);
    target.progress = { done, total: fileBytes };
    this.touch(target);
    return done < fileBytes;
  }

  nextBatch() {
    const { batches } = this.head;
    const failed = this.targets.filter((target) => target.state === 'finished' && target.outcome !== 'ok').length;
    if (batches.max_failed && failed > allowed(batches.max_failed, this.targets.length)) {
      this.head.paused_reason = 'too_many_failed';
      for (const target of this.targets) if (target.state === 'waiting') this.finish(target, { outcome: 'skipped', reason: 'run.too_many_failed', message: `${failed} failed, the run was told to stop then` });
      this.end();
      return;
    }
    const waits = batches.pause === 'after_each' || (batches.pause === 'after_canary' && this.currentBatch === 0);
    this.currentBatch += 1;
    if (waits) this.pause('after_batch');
    else batches.current = this.currentBatch;
  }

  pause(reason) {
    Object.assign(this.head, { state: 'paused', paused_reason: reason });
    this.seq += 1;
    this.send();
  }

  goOn() {
    Object.assign(this.head, { state: 'running', paused_reason: '' });
    if (this.head.batches) this.head.batches.current = this.currentBatch;
    this.seq += 1;
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
      state: 'finished', outcome: answer.outcome, exit_code: answer.exit ?? null, reason: answer.reason || '', message: answer.message || '', remedy: answer.remedy || '',
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
    this.end();
    this.send();
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

/** What a host writes, in the pieces in which it arrives. */
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

