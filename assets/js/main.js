// SPDX-License-Identifier: MIT
// The page's one start: language, session, the rail, the view that the address names.

import { h, replace, set, setText } from './dom.js';
import { icon } from './icons.js';
import { announce, notice, startAnnouncing } from './announce.js';
import { connection, loadSession, Request, session } from './ajax.js';
import { language, loadLanguage, switchLanguage, t } from './i18n.js';
import { claimKeys, startKeys } from './keys.js';
import { onPref, setPref, shownTheme } from './prefs.js';
import { parse, startRouter } from './router.js';
import { sentence } from './errors.js';
import { openDialog } from './parts/dialog.js';
import { ConsoleView } from './views/console.js';
import { FilesView } from './views/files.js';
import { HostKeysView } from './views/host_keys.js';
import { HostsView } from './views/hosts.js';
import { ModulesView } from './views/modules.js';
import { RunView } from './views/run.js';
import { RunsView } from './views/runs.js';
import { SettingsView } from './views/settings.js';

const views = { console: ConsoleView, run: RunView, runs: RunsView, hosts: HostsView, 'host-keys': HostKeysView, files: FilesView, modules: ModulesView, settings: SettingsView };
const places = [['console', '/'], ['runs', '/runs'], ['hosts', '/hosts'], ['files', '/files'], ['modules', '/modules'], ['settings', '/settings']];
const probeMs = 3000;

let view = null;
let main = null;
let rail = null;
let banner = null;

function shell() {
  main = h('main', { id: 'main', tabindex: -1 });
  banner = h('p', { class: 'banner', role: 'status', hidden: true });
  rail = h('nav', { class: 'rail', 'aria-label': t('nav.label') });
  replace(document.body, h('a', { class: 'skip', href: '#main', onclick: (event) => { event.preventDefault(); main.focus(); } }, t('nav.skip')), rail, banner, main);
  startAnnouncing();
  drawRail();
}

function drawRail() {
  const { controller, user } = session;
  const theme = shownTheme();
  const other = language() === 'en' ? 'zh-CN' : 'en';
  replace(rail,
    h('div', { class: 'rail-places' }, places.map(([name, path]) => h('a', { href: path, class: 'rail-place', 'data-place': name }, icon(name), h('span', {}, t(`nav.${name}`))))),
    h('div', { class: 'rail-foot' },
      h('span', { class: 'rail-controller', title: `${controller.name} ${controller.version}` }, controller.name),
      h('a', { class: 'rail-tool', href: '/settings', title: t('settings.signed_in', { user: user.name }) }, icon('person'), h('span', {}, user.name)),
      h('span', { class: 'rail-tools' },
        h('button', { type: 'button', class: 'quiet square', 'data-tool': 'language', lang: other, 'aria-label': t('nav.other_language'), title: t('nav.other_language'), onclick: () => switchLanguage(other) }, other === 'en' ? 'EN' : '中'),
        h('button', { type: 'button', class: 'quiet square', 'data-tool': 'theme', 'aria-label': t('nav.theme'), title: t('nav.theme'), onclick: () => setPref('theme', shownTheme() === 'dark' ? 'light' : 'dark') }, icon(theme === 'dark' ? 'sun' : 'moon')),
        h('button', { type: 'button', class: 'quiet square', 'data-tool': 'keys', 'aria-label': t('keys.title'), title: t('keys.title'), onclick: help }, icon('help')))));
  markPlace(parse(location.pathname));
}

function markPlace(route) {
  const place = { run: 'runs', 'host-keys': 'hosts' }[route.view] || route.view;
  for (const link of rail.querySelectorAll('.rail-place')) set(link, { 'aria-current': link.dataset.place === place ? 'page' : null });
}

function show(route) {
  view?.destroy();
  replace(main);
  main.scrollTop = 0;
  main.dataset.view = route.view;
  markPlace(route);
  const View = views[route.view];
  if (!View) {
    view = null;
    replace(main, h('div', { class: 'blank' }, h('p', { class: 'blank-title' }, t('nav.unknown')), h('a', { class: 'button', href: '/' }, t('nav.console'))));
    return;
  }
  view = new View(main, route);
  document.title = `${view.title} · ${session.controller.name}`;
}

/** The view changed by a link or by Back: the focus goes to its start, and screen readers hear its name. */
function follow(route) {
  show(route);
  if (document.activeElement === document.body || !document.activeElement?.isConnected) main.focus({ preventScroll: true });
  if (view) announce(view.title);
}

function redraw(focusTool) {
  drawRail();
  show(parse(location.pathname));
  rail.querySelector(`[data-tool="${focusTool}"]`)?.focus();
}

function help() {
  const rows = [
    ['/', 'keys.filter'], ['m', 'keys.module'], ['j  k', 'keys.move'], ['Space', 'keys.toggle'], ['Enter', 'keys.open'], ['Esc', 'keys.back'], ['Ctrl+Enter', 'keys.run'],
    ['f', 'keys.failed'], ['e', 'keys.fold'], ['r', 'keys.retry'], ['p', 'keys.pause'], ['. .', 'keys.stop'], ['?', 'keys.help'],
  ];
  openDialog({ title: t('keys.title'), body: h('dl', { class: 'keys' }, rows.map(([key, text]) => [h('dt', {}, key.split('  ').map((one) => h('kbd', {}, one))), h('dd', {}, t(text))])) });
}

/** While the controller does not answer, says so, counts, and asks until it does. */
function watchConnection() {
  let timer = null;
  const text = () => setText(banner, t('banner.offline', { n: Math.round((Date.now() - connection.offlineSince) / 1000) }));
  const probe = () => new Request('/session').catch(() => null);
  connection.listeners.add((since) => {
    banner.hidden = since === null;
    clearInterval(timer);
    if (since === null) return;
    text();
    let ticks = 0;
    timer = setInterval(() => {
      text();
      ticks += 1;
      if ((ticks * 1000) % probeMs === 0) probe();
    }, 1000);
  });
}

async function start() {
  await loadLanguage();
  try {
    await loadSession();
  } catch (error) {
    if (error.status === 401) return;
    replace(document.body, h('div', { class: 'blank blank-error', role: 'alert' }, h('p', { class: 'blank-title' }, sentence(error)), h('button', { type: 'button', class: 'primary', onclick: () => location.reload() }, t('common.retry'))));
    if (error.code === 'offline') setTimeout(() => location.reload(), probeMs);
    return;
  }
  shell();
  watchConnection();
  startKeys();
  claimKeys({ '?': help });
  onPref((name) => {
    if (name === 'language') redraw('language');
    if (name === 'theme') {
      const focused = rail.contains(document.activeElement);
      drawRail();
      if (focused) rail.querySelector('[data-tool="theme"]').focus();
    }
  });
  addEventListener('unhandledrejection', (event) => notice(t('error.page', { what: String(event.reason?.message || event.reason) }), { kind: 'error' }));
  startRouter(follow);
}

start();
