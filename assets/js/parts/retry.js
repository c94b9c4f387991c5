// SPDX-License-Identifier: MIT
// Starting a run once more on the targets that did not end well: the ceremony its risk asks for, then its secrets, which
// nobody kept.

import { h } from '../dom.js';
import { t } from '../i18n.js';
import { freshKey, Request } from '../ajax.js';
import { batchRules, riskOf, runTitle } from '../run_words.js';
import { openDialog } from './dialog.js';
import { field, formOf } from './fields.js';
import { ceremony } from './risk.js';

/** Retries these targets of a run, which are those with these outcomes. Resolves with the new run, or null when it was not wanted. Throws AjaxError. */
export async function retry(run, targets, outcomes) {
  const names = targets.map((target) => target.host);
  const sure = await ceremony({ risk: riskOf(run), title: runTitle(run), names, groups: [t('retry.same', { id: run.id }), run.batches && batchRules(run.batches)].filter(Boolean) });
  if (!sure) return null;
  const headers = { 'Idempotency-Key': freshKey() };
  const send = async (parameters) => (await new Request(`/runs/${run.id}/retry`, { body: { outcomes, ...(parameters && { parameters }) }, headers })).run;
  const secrets = (run.parameters || []).filter((one) => one.secret);
  return secrets.length ? withSecrets(secrets, names.length, send) : send(null);
}

/** Asks for the secret values, then sends; what the server refuses is said at the fields. */
function withSecrets(secrets, count, send) {
  return new Promise((resolve) => {
    let started = null;
    const fields = secrets.map((one) => field(one.name, { label: one.name, kind: 'password', required: true, autocomplete: 'new-password' }));
    const dialog = {};
    const form = formOf(fields, { submit: t('console.run_on', { n: count }), cancel: () => dialog.close(), onSubmit: async (values) => {
      started = await send(values);
      dialog.close();
    } });
    Object.assign(dialog, openDialog({ title: t('retry.secrets'), body: [h('p', { class: 'dim' }, t('retry.secrets_hint')), form.element], actions: form.buttons, onClose: () => resolve(started) }));
    fields[0].input.focus();
  });
}
