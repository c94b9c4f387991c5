// SPDX-License-Identifier: MIT
// The dialogs that add what the controller logs in with or becomes somebody with: a private key, with its certificate if
// it has one, or a password. Secrets go to the server and are never shown again.

import { t } from '../i18n.js';
import { notice } from '../announce.js';
import { Request } from '../ajax.js';
import { openDialog } from './dialog.js';
import { field, formOf } from './fields.js';

/** The field that an error about a credential is about. */
function blamedField({ reason, message }) {
  if (reason === 'credential.exists' || (reason === 'inventory.bad_value' && message.startsWith('name'))) return 'name';
  if (/passphrase/.test(reason)) return 'passphrase';
  if (/cert/.test(reason)) return 'certificate';
  if (/password/.test(reason)) return 'password';
  return reason.startsWith('key.') ? 'private_key' : '';
}

/** replacing: the name of the credential that is put in place of, or ''. */
function dialogOf({ title, fields, bodyOf, onAdded, className, replacing }) {
  const dialog = {};
  if (replacing) {
    title = t('credential.replace', { name: replacing });
    fields[0].input.value = replacing;
    fields[0].input.readOnly = true;
  }
  const form = formOf(fields, {
    submit: title, cancel: () => dialog.close(), blames: blamedField, onSubmit: async (values) => {
      const { credential } = await new Request('/credentials', { body: { name: values.name.trim(), ...bodyOf(values), ...(replacing && { replace: true }) } });
      dialog.close();
      notice(t(replacing ? 'credential.replaced' : 'settings.key_added', { name: credential.name }));
      onAdded();
    },
  });
  Object.assign(dialog, openDialog({ title, body: form.element, actions: form.buttons, className }));
  fields[replacing ? 1 : 0].input.focus();
}

export function addKeyDialog({ onAdded, replacing = '' }) {
  dialogOf({
    title: t('settings.key_add'), className: 'dialog-wide', onAdded, replacing,
    fields: [
      field('name', { label: t('settings.key_name'), required: true, maxlength: 60 }),
      field('private_key', { label: t('settings.key_private'), kind: 'textarea', required: true, wide: true, rows: 8, class: 'mono', autocomplete: 'off', placeholder: '-----BEGIN OPENSSH PRIVATE KEY-----', hint: t('settings.key_hint') }),
      field('passphrase', { label: t('settings.key_passphrase'), kind: 'password', autocomplete: 'new-password' }),
      field('certificate', { label: t('settings.key_certificate'), kind: 'textarea', wide: true, rows: 2, class: 'mono', autocomplete: 'off', placeholder: 'ssh-ed25519-cert-v01@openssh.com AAAA…', hint: t('settings.key_certificate_hint') }),
    ],
    bodyOf: ({ private_key, passphrase, certificate }) => ({ private_key, ...(passphrase && { passphrase }), ...(certificate.trim() && { certificate: certificate.trim() }) }),
  });
}

export function addPasswordDialog({ onAdded, replacing = '' }) {
  dialogOf({
    title: t('settings.password_add'), className: '', onAdded, replacing,
    fields: [
      field('name', { label: t('settings.key_name'), required: true, maxlength: 60, hint: t('settings.password_name_hint') }),
      field('password', { label: t('settings.password_secret'), kind: 'password', required: true, autocomplete: 'new-password' }),
    ],
    bodyOf: ({ password }) => ({ password }),
  });
}
