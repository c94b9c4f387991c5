// SPDX-License-Identifier: MIT
// Settings of this browser (language, theme), of the account (password), and the credentials the controller logs in with.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { language, languages, switchLanguage, t, wordFor } from '../i18n.js';
import { moment } from '../format.js';
import { notice } from '../announce.js';
import { pref, setPref } from '../prefs.js';
import { Request, serverNow, session, Updater } from '../ajax.js';
import { signOut } from '../sign_out.js';
import { addKeyDialog, addPasswordDialog } from '../parts/add_credential.js';
import { copyButton, field, formOf, segments } from '../parts/fields.js';
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
      segments(t('settings.language'), 'language', languages.map((name) => [name, t(`language.${name}`)]), language(), (name) => switchLanguage(name)),
      segments(t('settings.theme'), 'theme', ['auto', 'light', 'dark'].map((name) => [name, t(`theme.${name}`)]), pref('theme', 'auto'), (name) => setPref('theme', name)));
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
    const refresh = () => this.updater.refresh();
    this.updater = new Updater(new Region(this.credentials, { lines: 2 }), '/credentials', {
      render: ({ credentials }) => (credentials.length ? h('ul', { class: 'credentials' }, credentials.map((one) => credentialRow(one, refresh))) : null),
      empty: () => ({ title: t('settings.no_keys'), hint: t('settings.no_keys_hint') }),
    });
    return card(t('settings.keys'), t('settings.keys_about'), this.credentials,
      h('div', { class: 'card-buttons' }, h('button', { type: 'button', onclick: () => addKeyDialog({ onAdded: refresh }) }, icon('plus'), t('settings.key_add')),
        h('button', { type: 'button', onclick: () => addPasswordDialog({ onAdded: refresh }) }, icon('plus'), t('settings.password_add'))));
  }

  #about() {
    const { controller } = session;
    return card(t('settings.about'), '', facts([
      [t('settings.controller'), controller.name], [t('settings.version'), controller.version], [t('settings.platform'), controller.platform && wordFor('platform', controller.platform)],
      [t('settings.started'), moment(controller.started_at, language())],
    ]));
  }
}

/** The field that an error about a password is about. */
function blamedField({ reason }) {
  return { 'access.wrong_password': 'current', 'access.password_length': 'password' }[reason] || '';
}

/** A credential on one line: its kind, its fingerprint, whom its certificate speaks for and until when. */
function credentialRow(one, onReplaced) {
  const dialog = one.kind === 'password' ? addPasswordDialog : addKeyDialog;
  const { certificate } = one;
  const ended = certificate && Date.parse(certificate.valid_before) < serverNow();
  return h('li', {}, icon('key'), h('strong', {}, one.name), h('span', { class: 'badge' }, wordFor('credential', `kind_${one.kind.replace('-', '_')}`)),
    one.fingerprint && h('code', { class: 'fingerprint' }, one.fingerprint), one.public_key && copyButton(one.public_key, t('settings.copy_public')),
    h('button', { type: 'button', class: 'quiet small', 'aria-label': t('credential.replace', { name: one.name }), onclick: () => dialog({ onAdded: onReplaced, replacing: one.name }) }, icon('again'), t('settings.replace')),
    certificate && h('p', { class: ended ? 'credential-more credential-ended' : 'credential-more dim' }, ended && icon('alert'),
      t(ended ? 'credential.certificate_ended' : 'credential.certificate', { id: certificate.key_id, principals: (certificate.principals || []).join(t('common.comma')), until: certificate.valid_before ? moment(certificate.valid_before, language()) : t('credential.for_ever') })));
}

function card(title, about, ...content) {
  return h('section', { class: 'card' }, h('h2', {}, title), about && h('p', { class: 'dim' }, about), content);
}
