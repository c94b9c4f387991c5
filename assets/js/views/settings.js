// SPDX-License-Identifier: MIT
// Settings of this browser (language, theme), of the account (password), and the credentials the controller logs in with.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { language, languages, switchLanguage, t, wordFor } from '../i18n.js';
import { moment } from '../format.js';
import { notice } from '../announce.js';
import { pref, setPref } from '../prefs.js';
import { Request, session, Updater } from '../ajax.js';
import { signOut } from '../sign_out.js';
import { openDialog } from '../parts/dialog.js';
import { copyButton, field, formOf } from '../parts/fields.js';
import { facts } from '../parts/preview.js';
import { pageHead } from '../parts/page_head.js';
import { Region } from '../parts/region.js';

export class SettingsView {
  constructor(root) {
    this.credentials = h('div', {});
    this.element = h('div', { class: 'page page-settings' }, pageHead(t('nav.settings'), ''), this.#looks(), this.#account(), this.#keys(), this.#about());
    root.append(this.element);
  }

  get title() {
    return t('nav.settings');
  }

  destroy() {
    this.updater.stop();
  }

  #looks() {
    return card(t('settings.looks'), '',
      choice(t('settings.language'), 'language', languages.map((name) => [name, t(`language.${name}`)]), language(), (name) => switchLanguage(name)),
      choice(t('settings.theme'), 'theme', ['auto', 'light', 'dark'].map((name) => [name, t(`theme.${name}`)]), pref('theme', 'auto'), (name) => setPref('theme', name)));
  }

  #account() {
    const fields = [
      session.user.has_password && field('current', { label: t('settings.password_current'), kind: 'password', required: true, autocomplete: 'current-password' }),
      field('password', { label: t('settings.password_new'), kind: 'password', required: true, autocomplete: 'new-password', minlength: 8, hint: t('settings.password_hint') }),
    ].filter(Boolean);
    const form = formOf(fields, {
      submit: t('settings.password_set'), blames: blamedField, onSubmit: async (values, element) => {
        await new Request('/session/password', { method: 'put', body: values });
        session.user.has_password = true;
        element.reset();
        notice(t('settings.password_done'));
      },
    });
    return card(t('settings.account'), t('settings.signed_in', { user: session.user.name }), form.element,
      h('div', { class: 'card-buttons' }, form.buttons, h('button', { type: 'button', class: 'quiet', onclick: signOut }, t('settings.sign_out'))));
  }

  #keys() {
    this.updater = new Updater(new Region(this.credentials, { lines: 2 }), '/credentials', {
      render: ({ credentials }) => (credentials.length ? h('ul', { class: 'credentials' }, credentials.map((one) => h('li', {}, icon('key'),
        h('strong', {}, one.name), h('span', { class: 'badge' }, one.kind), h('code', { class: 'fingerprint' }, one.fingerprint), one.public_key && copyButton(one.public_key, t('settings.copy_public'))))) : null),
      empty: () => ({ title: t('settings.no_keys'), hint: t('settings.no_keys_hint') }),
    });
    return card(t('settings.keys'), t('settings.keys_about'), this.credentials,
      h('div', { class: 'card-buttons' }, h('button', { type: 'button', onclick: () => this.#addKey() }, icon('plus'), t('settings.key_add'))));
  }

  #addKey() {
    const fields = [
      field('name', { label: t('settings.key_name'), required: true, maxlength: 60 }),
      field('private_key', { label: t('settings.key_private'), kind: 'textarea', required: true, wide: true, rows: 8, class: 'mono', autocomplete: 'off', placeholder: '-----BEGIN OPENSSH PRIVATE KEY-----', hint: t('settings.key_hint') }),
      field('passphrase', { label: t('settings.key_passphrase'), kind: 'password', autocomplete: 'new-password' }),
    ];
    const dialog = {};
    const form = formOf(fields, {
      submit: t('settings.key_add'), cancel: () => dialog.close(), blames: blamedField, onSubmit: async (values) => {
        const body = { name: values.name.trim(), private_key: values.private_key };
        if (values.passphrase) body.passphrase = values.passphrase;
        const { credential } = await new Request('/credentials', { body });
        dialog.close();
        notice(t('settings.key_added', { name: credential.name }));
        this.updater.refresh();
      },
    });
    Object.assign(dialog, openDialog({ title: t('settings.key_add'), body: form.element, actions: form.buttons, className: 'dialog-wide' }));
    fields[0].input.focus();
  }

  #about() {
    const { controller } = session;
    return card(t('settings.about'), '', facts([
      [t('settings.controller'), controller.name], [t('settings.version'), controller.version], [t('settings.platform'), controller.platform && wordFor('platform', controller.platform)],
      [t('settings.started'), moment(controller.started_at, language())],
    ]));
  }
}

/** The field that an error about a password or a key is about. */
function blamedField({ reason }) {
  const fields = { 'access.wrong_password': 'current', 'access.password_length': 'password', 'credential.exists': 'name', 'key.passphrase_needed': 'passphrase', 'key.passphrase_wrong': 'passphrase' };
  return fields[reason] || (reason.startsWith('key.') ? 'private_key' : '');
}

function card(title, about, ...content) {
  return h('section', { class: 'card' }, h('h2', {}, title), about && h('p', { class: 'dim' }, about), content);
}

function choice(label, name, options, current, onChoose) {
  return h('fieldset', { class: 'choice' }, h('legend', {}, label), h('div', { class: 'segments' }, options.map(([value, text]) => h('label', {},
    h('input', { type: 'radio', name, value, checked: value === current, onchange: () => onChoose(value) }), h('span', {}, text)))));
}
