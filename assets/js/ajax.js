// SPDX-License-Identifier: MIT
// Talking to the server, in the spirit of prototype's Ajax: Request makes one call, Updater fills a region from a GET,
// PeriodicalUpdater keeps it fresh. This is the one place for the CSRF header, for turning errors into AjaxError, for
// sending who is not signed in to the sign-in page, and for knowing whether the controller answers at all.

const base = '/api/v1';

/** Who is signed in and where; filled by loadSession(). */
export const session = { user: null, csrf: '', controller: null };

/** Whether the controller answered last time, and since when it does not. */
export const connection = { offlineSince: null, listeners: new Set() };

/** Reasons of a 401 that mean: not signed in (any more). */
const nobody = /^(access\.|session\.|$)/;

let clockOffsetMs = 0;

/** The controller's time, as near as its answers tell. */
export function serverNow() {
  return Date.now() + clockOffsetMs;
}

export class AjaxError extends Error {
  /** code as in docs/api.md, or 'offline' (no answer) or 'aborted'. */
  constructor(code, { status = 0, reason = '', message = '', messageZh = '', fields = [], retryAfterS = 0 } = {}) {
    super(message || code);
    this.code = code;
    this.status = status;
    this.reason = reason;
    this.message_zh = messageZh;
    this.fields = fields;
    this.retryAfterS = retryAfterS;
  }
}

function setOffline(offline) {
  if (offline === (connection.offlineSince !== null)) return;
  connection.offlineSince = offline ? Date.now() : null;
  for (const listener of connection.listeners) listener(connection.offlineSince);
}

function noteClock(response) {
  const date = Date.parse(response.headers.get('Date') || '');
  if (Number.isNaN(date)) return;
  const offset = date + 500 - Date.now();
  clockOffsetMs = Math.abs(offset) > 2000 ? offset : 0;
}

function errorFrom(status, body, statusText, retryAfter) {
  const error = body?.error || {};
  return new AjaxError(error.code || (status === 401 ? 'unauthorized' : 'internal'), {
    status,
    reason: error.reason,
    message: error.message || `${status} ${statusText}`,
    messageZh: error.message_zh,
    fields: error.fields,
    retryAfterS: Number(retryAfter) || 0,
  });
}

async function errorOf(response) {
  return errorFrom(response.status, await response.json().catch(() => null), response.statusText, response.headers.get('Retry-After'));
}

function toSignIn() {
  const here = location.pathname + location.search;
  location.replace(`/sign-in?next=${encodeURIComponent(here)}`);
}

function query(parameters) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters || {})) {
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== '') search.append(name, one);
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}

/**
 * One call. Awaiting it gives the decoded JSON (or, with as: 'response', the Response), or throws AjaxError.
 * Options: method ('get'; 'post' when there is a body), parameters (query), body (sent as JSON), headers, as,
 * signIn ('page' sends a 401 to the sign-in page; 'here' leaves it to the caller).
 */
export class Request {
  constructor(path, options = {}) {
    this.controller = new AbortController();
    this.promise = this.#send(path, options);
  }

  abort() {
    this.controller.abort();
  }

  then(onSuccess, onFailure) {
    return this.promise.then(onSuccess, onFailure);
  }

  catch(onFailure) {
    return this.promise.catch(onFailure);
  }

  finally(onComplete) {
    return this.promise.finally(onComplete);
  }

  async #send(path, { method, parameters, body, headers = {}, as = 'json', signIn = 'page' }) {
    const verb = (method || (body === undefined ? 'get' : 'post')).toUpperCase();
    const sent = { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest', ...headers };
    if (body !== undefined) sent['Content-Type'] = 'application/json';
    if (verb !== 'GET') sent['X-CSRF-Token'] = session.csrf;
    let response;
    try {
      response = await fetch(base + path + query(parameters), {
        method: verb,
        headers: sent,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: 'same-origin',
        cache: 'no-store',
        signal: this.controller.signal,
      });
    } catch (error) {
      if (error.name === 'AbortError') throw new AjaxError('aborted');
      setOffline(true);
      throw new AjaxError('offline');
    }
    setOffline(false);
    noteClock(response);
    if (!response.ok) {
      const error = await errorOf(response);
      if (error.code === 'unauthorized' && nobody.test(error.reason) && signIn === 'page') toSignIn();
      throw error;
    }
    if (as === 'response') return response;
    try {
      return await response.json();
    } catch (error) {
      if (error.name === 'AbortError') throw new AjaxError('aborted');
      throw new AjaxError('offline');
    }
  }
}

/** A fresh Idempotency-Key: the same request sent again with it cannot start twice. */
export function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * PUT of a file's bytes, streamed by the browser from the disk; fetch tells no progress of what is sent, so this is the
 * one XMLHttpRequest. onProgress(sent, total). `promise` gives the decoded answer or throws AjaxError.
 */
export class Upload {
  constructor(path, file, onProgress) {
    this.call = new XMLHttpRequest();
    this.promise = new Promise((resolve, reject) => {
      const { call } = this;
      call.open('PUT', base + path);
      call.responseType = 'json';
      call.setRequestHeader('Accept', 'application/json');
      call.setRequestHeader('Content-Type', 'application/octet-stream');
      call.setRequestHeader('X-CSRF-Token', session.csrf);
      call.upload.onprogress = (event) => onProgress(event.loaded, event.total);
      call.onload = () => {
        if (call.status >= 200 && call.status < 300) resolve(call.response);
        else reject(errorFrom(call.status, call.response, call.statusText, call.getResponseHeader('Retry-After')));
      };
      call.onerror = () => reject(new AjaxError('offline'));
      call.onabort = () => reject(new AjaxError('aborted'));
      call.send(file);
    });
  }

  abort() {
    this.call.abort();
  }
}

/** GET /session into `session`; a 401 goes to the sign-in page. */
export async function loadSession(options) {
  return takeSession(await new Request('/session', options));
}

export function takeSession(answer) {
  Object.assign(session, { user: answer.user, csrf: answer.csrf, controller: answer.controller });
  return session;
}

/**
 * Fills a region (parts/region.js) from a GET: render(answer) gives the content, or null when there is nothing to show,
 * and then empty() gives the region's empty state. What is shown stays while it is refreshed.
 */
export class Updater {
  constructor(region, path, { parameters, render, empty } = {}) {
    Object.assign(this, { region, path, parameters, render, empty, answer: null });
    this.stopped = false;
    this.refresh();
  }

  /** Asks again, with other parameters if they are given. Resolves when the region shows the answer or the error. */
  async refresh(parameters = this.parameters) {
    this.parameters = parameters;
    this.request?.abort();
    const request = new Request(this.path, { parameters });
    this.request = request;
    this.region.busy();
    try {
      const answer = await request;
      if (this.stopped || this.request !== request) return;
      this.answer = answer;
      const content = this.render(answer);
      if (content) this.region.show(content);
      else this.region.empty(this.empty());
    } catch (error) {
      if (this.stopped || this.request !== request || error.code === 'aborted') return;
      if (!(error instanceof AjaxError)) throw error;
      this.region.fail(error, () => this.refresh());
    }
  }

  stop() {
    this.stopped = true;
    this.request?.abort();
  }
}

/** An Updater that asks again every frequencyS seconds; each answer without news makes the pause longer, to 8 times. */
export class PeriodicalUpdater extends Updater {
  constructor(region, path, { frequencyS = 3, decay = 1.5, ...options } = {}) {
    super(region, path, options);
    Object.assign(this, { frequencyS, decay, factor: 1, newest: '' });
    this.#arm();
  }

  stop() {
    super.stop();
    clearTimeout(this.timer);
  }

  #arm() {
    this.timer = setTimeout(() => this.#turn(), this.frequencyS * 1000 * this.factor);
  }

  async #turn() {
    if (!document.hidden) {
      await this.refresh();
      const news = JSON.stringify(this.answer);
      this.factor = news === this.newest ? Math.min(8, this.factor * this.decay) : 1;
      this.newest = news;
    }
    if (!this.stopped) this.#arm();
  }
}
