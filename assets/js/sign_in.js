// SPDX-License-Identifier: MIT
// The sign-in page. A one-time link carries its code in the fragment, which never reaches a server's log: it is taken out
// of the address at once and posted. An account without a password is offered to set one.

import { h, replace } from './dom.js';
import { AjaxError, Request, takeSession } from './ajax.js';
import { language, loadLanguage, switchLanguage, t } from './i18n.js';
import { explained } from './parts/explained.js';
import { field, formOf } from './parts/fields.js';

const root = document.getElementById('sign-in');

/** Where to go afterwards: only a path of this very site. */
function next() {
  const wanted = new URLSearchParams(location.search).get('next') || '/';
  const target = new URL(wanted, location.origin);
  return target.origin === location.origin && wanted.startsWith('/') && !wanted.startsWith('//') ? target.pathname + target.search : '/';
}

function enter() {
  location.replace(next());
}

function frame(title, ...content) {
  const other = language() === 'en' ? 'zh-CN' : 'en';
  document.title = `${t('sign_in.title')} · OMServer`;
  replace(root, h('div', { class: 'sign-in-card' }, h('p', { class: 'sign-in-brand' }, 'OMServer'), h('h1', {}, title), content),
    h('button', { type: 'button', class: 'quiet', lang: other, onclick: async () => {
      await switchLanguage(other);
      draw();
    } }, t(`language.${other}`)));
}

let draw = () => {};

/** failure: the error that led here, said in the language of the moment. */
function askPassword(failure = null) {
  draw = () => askPassword(failure);
  const fields = [
    field('user', { label: t('sign_in.user'), required: true, autocomplete: 'username', value: 'admin' }),
    field('password', { label: t('sign_in.password'), kind: 'password', required: true, autocomplete: 'current-password' }),
  ];
  const form = formOf(fields, { submit: t('sign_in.go'), onSubmit: async (values) => {
    takeSession(await new Request('/session', { body: values, signIn: 'here' }));
    enter();
  } });
  if (failure) replace(form.failure, explained(failure));
  frame(t('sign_in.title'), form.element, form.buttons, h('p', { class: 'dim' }, t('sign_in.link_hint')));
  fields[failure ? 0 : 1].input.focus();
}

function offerPassword() {
  draw = offerPassword;
  const fields = [field('password', { label: t('settings.password_new'), kind: 'password', required: true, autocomplete: 'new-password', minlength: 8, hint: t('settings.password_hint') })];
  const form = formOf(fields, { submit: t('settings.password_set'), onSubmit: async (values) => {
    await new Request('/session/password', { method: 'put', body: values, signIn: 'here' });
    enter();
  } });
  frame(t('sign_in.welcome'), h('p', { class: 'dim' }, t('sign_in.offer')), form.element, h('div', { class: 'card-buttons' }, form.buttons, h('button', { type: 'button', onclick: enter }, t('sign_in.later'))));
  fields[0].input.focus();
}

async function useLink(code) {
  frame(t('sign_in.title'), h('p', { class: 'dim', role: 'status' }, t('sign_in.checking')));
  try {
    const { user } = takeSession(await new Request('/session/link', { body: { code }, signIn: 'here' }));
    if (user.has_password) enter();
    else offerPassword();
  } catch (error) {
    if (!(error instanceof AjaxError)) throw error;
    askPassword(error);
  }
}

/** The code in the fragment, if there is one; it is gone from the address afterwards. */
function takeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

async function start() {
  const code = takeCode();
  await loadLanguage();
  if (code) await useLink(code);
  else askPassword();
}

// A link pasted into a page that is still loading changes the fragment alone: the form must not be drawn over its answer.
const started = start();
addEventListener('hashchange', async () => {
  const code = takeCode();
  await started;
  if (code) useLink(code);
});
