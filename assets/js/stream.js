// SPDX-License-Identifier: MIT
// Server-Sent Events over fetch: unlike EventSource it shows the status, lets the page count the seconds of a cut, and
// resumes exactly after the last event that was applied. SseParser is pure.

import { Request } from './ajax.js';

export class SseParser {
  constructor(onEvent) {
    this.onEvent = onEvent;
    this.rest = '';
    this.event = { id: '', type: '', data: [] };
    this.lastId = '';
    this.retryMs = null;
  }

  feed(text) {
    this.rest += text;
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop();
    for (const line of lines) this.#line(line);
  }

  #line(line) {
    if (line === '') {
      if (this.event.data.length) {
        this.onEvent({ id: this.lastId, type: this.event.type || 'message', data: this.event.data.join('\n') });
      }
      this.event = { type: '', data: [] };
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.event.data.push(value);
    else if (field === 'event') this.event.type = value;
    else if (field === 'id') this.lastId = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }
}

/** Silence longer than this (two and a half heartbeats) is a cut. */
const silenceMs = 25000;
const pausesMs = [500, 1000, 2000, 4000, 8000];

/**
 * Follows one event stream until its `end` event or close().
 * onBatch(object) for each batch; onState({state: 'connecting' | 'live' | 'cut' | 'ended' | 'gone', sinceMs, nextMs, error}).
 */
export class Stream {
  constructor(path, { after, onBatch, onState }) {
    this.path = path;
    this.after = after;
    this.onBatch = onBatch;
    this.onState = onState;
    this.failures = 0;
    this.closed = false;
    this.cutAt = null;
    this.#connect();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.request?.abort();
  }

  /** Connects at once instead of after the pause. */
  retryNow() {
    if (this.closed || !this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.#connect();
  }

  async #connect() {
    if (this.closed) return;
    if (this.cutAt === null) this.onState({ state: 'connecting' });
    this.request = new Request(this.path, {
      parameters: { after: this.after },
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(this.after) },
      as: 'response',
    });
    this.#watch();
    try {
      const response = await this.request;
      this.failures = 0;
      this.cutAt = null;
      this.onState({ state: 'live' });
      await this.#read(response);
      if (!this.closed) this.#cut(null);
    } catch (error) {
      if (this.closed) return;
      if (error.status === 401 || error.status === 403 || error.status === 404) {
        this.closed = true;
        this.onState({ state: 'gone', error });
      } else {
        this.#cut(error);
      }
    } finally {
      clearTimeout(this.watchdog);
    }
  }

  async #read(response) {
    const parser = new SseParser((event) => this.#event(event));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    while (!this.closed) {
      const { value, done } = await reader.read();
      if (done) return;
      this.#watch();
      parser.feed(value);
    }
    reader.cancel();
  }

  #event(event) {
    if (this.closed) return;
    const data = JSON.parse(event.data);
    if (event.type === 'batch') {
      this.after = Math.max(this.after, data.seq);
      this.onBatch(data);
    } else if (event.type === 'end') {
      this.closed = true;
      this.onState({ state: 'ended' });
    }
  }

  #watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.request.abort(), silenceMs);
  }

  #cut(error) {
    this.cutAt ??= Date.now();
    const pause = pausesMs[Math.min(this.failures, pausesMs.length - 1)];
    this.failures += 1;
    this.onState({ state: 'cut', cutAt: this.cutAt, nextAt: Date.now() + pause, error });
    this.timer = setTimeout(() => {
      this.timer = null;
      this.#connect();
    }, pause);
  }
}

/** Collects what arrives and hands it on at most ten times a second, inside an animation frame (a timer while hidden). */
export class Batcher {
  constructor(onFlush, everyMs = 100) {
    this.onFlush = onFlush;
    this.everyMs = everyMs;
    this.queue = [];
    this.last = 0;
    this.pending = false;
  }

  add(item) {
    this.queue.push(item);
    if (this.pending) return;
    this.pending = true;
    const wait = Math.max(0, this.everyMs - (performance.now() - this.last));
    setTimeout(() => (document.hidden ? this.flush() : requestAnimationFrame(() => this.flush())), wait);
  }

  flush() {
    const items = this.queue;
    this.queue = [];
    this.pending = false;
    this.last = performance.now();
    if (items.length) this.onFlush(items);
  }
}
