// SPDX-License-Identifier: MIT
// Dialogs that grow the inventory: an application, or many hosts pasted as CSV (tried dry first).

import { h, replace } from '../dom.js';
import { t } from '../i18n.js';
import { notice } from '../announce.js';
import { AjaxError, Request } from '../ajax.js';
import { openDialog } from './dialog.js';
import { explained } from './explained.js';
import { field, formOf } from './fields.js';

export async function addAppDialog({ onAdded }) {
  const categories = await new Request('/categories').then((answer) => answer.categories, () => []);
  const fields = [
    field('name', { label: t('app.name'), required: true, hint: t('app.name_hint') }),
    field('category', { label: t('console.category'), kind: 'select', options: categories.map((one) => [one.name, one.name]), value: 'Linux.Web' }),
  ];
  const dialog = {};
  const form = formOf(fields, {
    submit: t('app.add'), cancel: () => dialog.close(), blames: (error) => (/^inventory\.(bad_value|app_exists)$/.test(error.reason) ? 'name' : ''), onSubmit: async ({ name, category }) => {
      const { app } = await new Request('/apps', { body: { name: name.trim(), category } });
      dialog.close();
      notice(t('app.added', { name: app.name }));
      onAdded(app);
    },
  });
  Object.assign(dialog, openDialog({ title: t('app.add'), body: form.element, actions: form.buttons }));
  fields[0].input.focus();
}

const example = 'name,address,port,login,key,category,app,tags\nweb1,10.0.0.11,22,deploy,ops,Linux.Web,www.domain.com,blue;edge';

export function importDialog({ onImported }) {
  const result = h('div', { class: 'import-result', role: 'status' });
  const csv = field('csv', { label: t('import.csv'), kind: 'textarea', required: true, wide: true, rows: 10, class: 'mono', placeholder: example, hint: t('import.hint') });
  const send = async (dryRun) => new Request('/hosts/import', { body: { csv: csv.input.value, dry_run: dryRun } });
  const dialog = {};
  const show = (answer, key) => replace(result, h('p', {}, t(key, answer)), answer.refused.length > 0 && h('p', { class: 'import-refused' }, t('import.refused', { n: answer.refused.length })),
    answer.refused.length > 0 && h('ul', { class: 'import-lines' }, answer.refused.slice(0, 200).map((one) => h('li', {}, t('import.line', { n: one.line }), ' ', explained(one)))));
  const tryButton = h('button', { type: 'button', onclick: async () => {
    if (!csv.input.value.trim()) {
      csv.problem(t('field.required'));
      csv.input.focus();
      return;
    }
    csv.problem('');
    try {
      show(await send(true), 'import.would');
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      replace(result, explained(error));
    }
  } }, t('import.try'));
  const form = formOf([csv], {
    submit: t('import.import'), cancel: () => dialog.close(), extra: [result], onSubmit: async () => {
      const answer = await send(false);
      onImported();
      if (answer.refused.length) {
        show(answer, 'import.done');
        return;
      }
      dialog.close();
      notice(t('import.done', answer));
    },
  });
  Object.assign(dialog, openDialog({ title: t('import.title'), body: form.element, actions: [tryButton, ...form.buttons], className: 'dialog-wide' }));
  csv.input.focus();
}
