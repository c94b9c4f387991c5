// SPDX-License-Identifier: MIT
// Which view an address means, and moving between them without loading the page again. parse() is pure.

/** Addresses of the original's pages, which may stand in somebody's bookmarks. */
const originals = { autoadmin: 'console', 'autoadmin/module_add': 'modules', omaudit: 'runs' };

const places = ['runs', 'hosts', 'host-keys', 'files', 'modules', 'settings'];

/** {view, id}: view is console, run, one of the places, or unknown. */
export function parse(path) {
  const parts = path.split('/').filter(Boolean);
  const original = originals[parts.join('/')];
  if (original) return { view: original };
  if (!parts.length) return { view: 'console' };
  if (parts[0] === 'runs' && parts.length === 2 && /^\d+$/.test(parts[1])) return { view: 'run', id: Number(parts[1]) };
  if (parts.length === 1 && places.includes(parts[0])) return { view: parts[0] };
  return { view: 'unknown' };
}

let onRoute = () => {};

/** Calls back with the route now and on every change. Plain clicks on links inside the site stay inside the page. */
export function startRouter(callback) {
  onRoute = callback;
  addEventListener('popstate', () => onRoute(parse(location.pathname)));
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (parse(link.pathname).view === 'unknown') return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
  onRoute(parse(location.pathname));
}

export function go(path) {
  if (path !== location.pathname + location.search) history.pushState(null, '', path);
  onRoute(parse(location.pathname));
}
