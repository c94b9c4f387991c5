// SPDX-License-Identifier: MIT
// The dialog that adds one host: where it is, how to log in there, who to become, how old it is.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { notice } from '../announce.js';
import { Request } from '../ajax.js';
import { openDialog } from './dialog.js';
import { field, formOf, heading } from './fields.js';

const words = (text) => text.split(/[;,\s]+/).filter(Boolean);
const texts = ['login', 'key', 'become', 'become_method', 'become_password', 'jump', 'host_key_alias', 'note'];

/** The field that an error of the inventory is about; what is not well formed names it: "host web1: address: ...". */
function blamedField({ reason, message }, values) {
  if (reason === 'inventory.bad_value') {
    const [what] = message.replace(/^host( \S+)?: /, '').split(':');
    return what === 'tag' ? 'tags' : what;
  }
  if (reason === 'inventory.no_credential') return values.become_password && message.includes(values.become_password) ? 'become_password' : 'key';
  return {
    'inventory.host_exists': 'name', 'inventory.no_jump': 'jump', 'inventory.jump_loop': 'jump', 'inventory.no_app': 'app', 'inventory.not_a_password': 'become_password', 'host.become_method': 'become_method',
  }[reason] || '';
}

export async function addHostDialog({ onAdded }) {
  const read = (path, name) => new Request(path).then((answer) => answer[name], () => []);
  const [apps, credentials, hosts] = await Promise.all([read('/apps', 'apps'), read('/credentials', 'credentials'), read('/hosts', 'hosts')]);
  const passwords = credentials.filter((one) => one.kind === 'password');
  const credential = (one) => [one.name, one.kind === 'password' ? `${one.name} (${t('credential.kind_password')})` : one.name];
  const fields = {
    name: field('name', { label: t('host.name'), required: true, maxlength: 253 }),
    address: field('address', { label: t('host.address'), required: true, hint: t('host.address_hint') }),
    port: field('port', { label: t('host.port'), kind: 'number', placeholder: '22', min: 1, max: 65535 }),
    app: field('app', { label: t('host.app'), kind: 'select', options: [['', t('host.app_none')], ...apps.map((one) => [`${one.category}/${one.name}`, `${one.category}/${one.name}`])] }),
    login: field('login', { label: t('host.login'), hint: t('host.login_hint') }),
    key: field('key', { label: t('host.key'), kind: 'select', options: [['', t('host.key_none')], ...credentials.map(credential), ['agent', t('host.key_agent')]], hint: t('host.key_hint') }),
    jump: field('jump', { label: t('host.jump'), hint: t('host.jump_hint'), suggestions: hosts.map((one) => one.name) }),
    alias: field('host_key_alias', { label: t('host.alias'), hint: t('host.alias_hint') }),
    become: field('become', { label: t('host.become'), hint: t('host.become_hint') }),
    method: field('become_method', { label: t('host.become_method'), kind: 'select', options: [['', 'sudo'], ['su', 'su'], ['doas', 'doas']] }),
    password: field('become_password', { label: t('host.become_password'), kind: 'select', options: [['', t('host.become_password_none')], ...passwords.map((one) => [one.name, one.name])], hint: t('host.become_password_hint') }),
    tags: field('tags', { label: t('host.tags'), hint: t('host.tags_hint') }),
    note: field('note', { label: t('host.note') }),
    old: field('legacy_algorithms', { label: t('host.legacy'), kind: 'tick', wide: true, hint: t('host.legacy_hint') }),
  };
  const warning = h('p', { class: 'field-wide warn', role: 'status', hidden: true }, icon('alert'), h('span', {}, t('host.legacy_warning')));
  fields.old.input.addEventListener('change', () => {
    warning.hidden = !fields.old.input.checked;
    warning.scrollIntoView({ block: 'nearest' });
  });
  const rows = [fields.name, fields.address, fields.port, fields.app, heading(t('host.part_login')), fields.login, fields.key, fields.jump, fields.alias,
    heading(t('host.part_become')), fields.become, fields.method, fields.password, heading(t('host.part_more')), fields.tags, fields.note, fields.old];
  const dialog = {};
  let sent = {};
  const form = formOf(rows, {
    submit: t('hosts.add'), cancel: () => dialog.close(), extra: [warning], blames: (error) => blamedField(error, sent), onSubmit: async (values) => {
      sent = values;
      const body = { name: values.name.trim(), address: values.address.trim() };
      if (values.port) body.port = Number(values.port);
      for (const name of texts) if (values[name].trim()) body[name] = values[name].trim();
      if (values.legacy_algorithms) body.legacy_algorithms = true;
      if (values.app) body.apps = [values.app];
      if (values.tags.trim()) body.tags = words(values.tags);
      const { host } = await new Request('/hosts', { body });
      dialog.close();
      notice(t('hosts.added', { name: host.name }));
      onAdded(host);
    },
  });
  Object.assign(dialog, openDialog({ title: t('hosts.add'), body: form.element, actions: form.buttons, className: 'dialog-wide' }));
  fields.name.input.focus();
}
