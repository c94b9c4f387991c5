// SPDX-License-Identifier: MIT
// "Not ok in run 41 (5)": the hosts that did not end well in the newest run that has such, to be chosen in one click.

import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { notice } from '../announce.js';
import { badCount, endedBadly } from '../outcome.js';
import { AjaxError, Request } from '../ajax.js';
import { explained } from './explained.js';

const pageTargets = 1000;

export class BadPick {
  /** onPick(pairs of host and source). */
  constructor(onPick) {
    this.onPick = onPick;
    this.run = null;
    this.button = h('button', { type: 'button', class: 'quiet small bad-pick', hidden: true, onclick: () => this.#pick() });
  }

  /** The newest runs, newest first. */
  update(runs) {
    const run = runs.find((one) => one.state === 'finished' && badCount(one.counts || {}) > 0) || null;
    this.button.hidden = run === null;
    if (run && run.id !== this.run?.id) replace(this.button, icon('again'), t('selection.bad', { id: run.id, n: badCount(run.counts) }));
    this.run = run;
  }

  async #pick() {
    const { id } = this.run;
    const pairs = [];
    try {
      for (let after = null; ;) {
        const { targets } = await new Request(`/runs/${id}/targets`, { parameters: { after, limit: pageTargets } });
        for (const target of targets) if (endedBadly(target)) pairs.push([target.host, t('run.failed_of', { id })]);
        if (targets.length < pageTargets) break;
        after = targets.at(-1).index;
      }
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      notice(explained(error), { kind: 'error' });
      return;
    }
    this.onPick(pairs);
  }
}
