// SPDX-License-Identifier: MIT
// Dialogs that grow the inventory: one host, an application, or many hosts pasted as CSV (tried dry first).

import { h, replace } from '../dom.js';
import { t } from '../i18n.js';
import { notice } from '../announce.js';
import { AjaxError, Request } from '../ajax.js';
import { openDialog } from './dialog.js';
import { explained } from './explained.js';
import { field, formOf } from './fields.js';

const words = (text) => text.split(/[;,\s]+/).filter(Boolean);

/** The field that an error of the inventory is about; what is not well formed names it: "host web1: address: ...". */
function blamedField({ reason, message }) {
  if (reason === 'inventory.bad_value') {
    const [what] = message.replace(/^host( \S+)?: /, '').split(':');
    return what === 'tag' ? 'tags' : what;
  }
  return { 'inventory.host_exists': 'name', 'inventory.no_jump': 'jump', 'inventory.jump_loop': 'jump', 'inventory.no_credential': 'key', 'inventory.no_app': 'app', 'inventory.app_exists': 'name' }[reason] || '';
}

export async function addHostDialog({ onAdded }) {
  const [apps, credentials] = await Promise.all([
    new Request('/apps').then((answer) => answer.apps, () => []),
    new Request('/credentials').then((answer) => answer.credentials, () => []),
  ]);
  const fields = [
    field('name', { label: t('host.name'), required: true, maxlength: 253 }),
    field('address', { label: t('host.address'), required: true, hint: t('host.address_hint') }),
    field('port', { label: t('host.port'), kind: 'number', value: '22', min: 1, max: 65535 }),
    field('login', { label: t('host.login'), hint: t('host.login_hint') }),
    field('key', { label: t('host.key'), kind: 'select', options: [['', t('host.key_none')], ...credentials.map((one) => [one.name, one.name])] }),
    field('become', { label: t('host.become'), hint: t('host.become_hint') }),
    field('app', { label: t('host.app'), kind: 'select', options: [['', t('host.app_none')], ...apps.map((one) => [`${one.category}/${one.name}`, `${one.category}/${one.name}`])] }),
    field('tags', { label: t('host.tags'), hint: t('host.tags_hint') }),
    field('jump', { label: t('host.jump'), hint: t('host.jump_hint') }),
    field('note', { label: t('host.note'), wide: true }),
  ];
  const dialog = {};
  const form = formOf(fields, {
    submit: t('hosts.add'), cancel: () => dialog.close(), blames: blamedField, onSubmit: async (values) => {
      const body = { name: values.name.trim(), address: values.address.trim(), port: Number(values.port) || 22 };
      for (const name of ['login', 'key', 'become', 'jump', 'note']) if (values[name].trim()) body[name] = values[name].trim();
      if (values.app) body.apps = [values.app];
      if (values.tags.trim()) body.tags = words(values.tags);
      const { host } = await new Request('/hosts', { body });
      dialog.close();
      notice(t('hosts.added', { name: host.name }));
      onAdded(host);
    },
  });
  Object.assign(dialog, openDialog({ title: t('hosts.add'), body: form.element, actions: form.buttons, className: 'dialog-wide' }));
  fields[0].input.focus();
}

export async function addAppDialog({ onAdded }) {
  const categories = await new Request('/categories').then((answer) => answer.categories, () => []);
  const fields = [
    field('name', { label: t('app.name'), required: true, hint: t('app.name_hint') }),
    field('category', { label: t('console.category'), kind: 'select', options: categories.map((one) => [one.name, one.name]), value: 'Linux.Web' }),
  ];
  const dialog = {};
  const form = formOf(fields, {
    submit: t('app.add'), cancel: () => dialog.close(), blames: (error) => (error.reason === 'inventory.bad_value' ? 'name' : blamedField(error)), onSubmit: async ({ name, category }) => {
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
