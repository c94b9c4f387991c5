// SPDX-License-Identifier: MIT
// What one can do with a run: stop it, hold it, let it go on, retry what did not end well, take its hosts back to the
// console. Only what makes sense in the run's state is there; the focus goes to what takes a button's place.

import { h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { announce, notice } from '../announce.js';
import { backToConsole, draft, saveDraft } from '../draft.js';
import { go } from '../router.js';
import { endedBadly } from '../outcome.js';
import { handOver } from '../handed.js';
import { AjaxError, Request } from '../ajax.js';
import { explained } from './explained.js';
import { retry } from './retry.js';

const armedMs = 3000;

export class RunActions {
  /** state: RunState. shownKeys(): the outcomes that are shown alone (a Set, empty: all). onRun(): the run has changed. */
  constructor({ state, shownKeys, onRun }) {
    Object.assign(this, { state, shownKeys, onRun });
    this.stop = this.#button('stop', 'stop', () => this.#ask('cancel', this.stop));
    this.pause = this.#button('pause', '', () => this.#ask('pause', this.pause));
    this.goOn = this.#button('play', 'primary', () => this.#ask('continue', this.goOn));
    this.retryButton = this.#button('again', '', () => this.retry());
    this.pick = this.#button('console', '', () => this.#again(this.#bad(), t('run.failed_of', { id: this.state.run.id })));
    this.again = this.#button('play', '', () => this.#again(this.state.targets));
    this.clear = draft.screen === state.run.id && h('button', { type: 'button', onclick: () => {
      saveDraft({ screen: null });
      go('/');
    } }, icon('clear'), t('console.clear'));
    setText(this.pause.lastChild, t('run.pause'));
    setText(this.goOn.lastChild, t('run.continue'));
    setText(this.again.lastChild, t('run.again'));
    this.buttons = [this.stop, this.pause, this.goOn, this.retryButton, this.pick, this.again];
    this.element = h('div', { class: 'run-actions' }, this.goOn, this.pause, this.stop, this.retryButton, this.pick, this.again, this.clear);
  }

  update() {
    const { run } = this.state;
    const finished = run.state === 'finished';
    const bad = finished ? this.#bad() : [];
    const held = this.buttons.find((button) => button === document.activeElement);
    this.stop.hidden = finished;
    this.stop.disabled = run.state === 'cancelling' || this.asking === this.stop;
    if (!this.armed) setText(this.stop.lastChild, this.stop.disabled ? t('run.stopping') : t('run.stop'));
    this.pause.hidden = run.state !== 'running' || !(run.counts?.waiting > 0);
    this.pause.disabled = this.asking === this.pause;
    this.goOn.hidden = run.state !== 'paused';
    this.goOn.disabled = this.asking === this.goOn;
    this.retryButton.hidden = bad.length === 0;
    this.pick.hidden = bad.length === 0;
    setText(this.retryButton.lastChild, t('run.retry', { n: this.#chosen().length }));
    setText(this.pick.lastChild, t('run.pick', { n: bad.length }));
    this.again.hidden = !finished;
    if (held && (held.hidden || held.disabled)) this.buttons.find((button) => !button.hidden && !button.disabled)?.focus();
  }

  /** The key for stop: twice within three seconds. */
  stopKey() {
    if (this.stop.hidden || this.stop.disabled) return;
    if (this.armed) {
      this.armed = false;
      this.#ask('cancel', this.stop);
      return;
    }
    this.armed = true;
    setText(this.stop.lastChild, t('run.stop_again'));
    announce(t('run.stop_again'));
    setTimeout(() => {
      this.armed = false;
      this.update();
    }, armedMs);
  }

  /** The key for pause and continue. */
  pauseKey() {
    const button = [this.pause, this.goOn].find((one) => !one.hidden && !one.disabled);
    button?.click();
  }

  async retry() {
    const targets = this.#chosen();
    if (!targets.length || !this.state.ended || this.retrying) return;
    this.retrying = true;
    try {
      const run = await retry(this.state.run, targets, [...new Set(targets.map((target) => target.outcome))]);
      if (!run) return;
      if (draft.screen === this.state.run.id) saveDraft({ screen: run.id });
      handOver(run);
      go(`/runs/${run.id}`);
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      notice(explained(error), { kind: 'error' });
    } finally {
      this.retrying = false;
    }
  }

  #button(glyph, className, onclick) {
    return h('button', { type: 'button', class: className, onclick }, icon(glyph), h('span', {}));
  }

  #bad() {
    return this.state.targets.filter((target) => target && endedBadly(target));
  }

  /** What a retry takes: what did not end well, of it only what is shown when outcomes are chosen. */
  #chosen() {
    const keys = this.shownKeys();
    const bad = this.#bad();
    const shown = bad.filter((target) => keys.has(target.outcome));
    return shown.length ? shown : bad;
  }

  async #ask(verb, button) {
    this.asking = button;
    this.update();
    try {
      const { run } = await new Request(`/runs/${this.state.run.id}/${verb}`, { body: {} });
      if (!this.state.ended && (run.seq ?? 0) >= this.state.seq) this.state.run = { ...this.state.run, state: run.state, paused_reason: run.paused_reason };
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      notice(explained(error), { kind: 'error' });
    } finally {
      this.asking = null;
      this.onRun();
    }
  }

  /** Back to the console with what this run was and these hosts chosen. */
  #again(targets, source = t('run.title', { id: this.state.run.id })) {
    backToConsole(this.state.run, targets.filter(Boolean).map((target) => [target.host, source]));
    go('/');
  }
}
