// SPDX-License-Identifier: MIT
// A modal question or form over the browser's own <dialog>: it keeps the focus inside, Esc closes it, and the focus goes
// back to where it was.

import { freshId, h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';

/** Opens a dialog. body and actions are elements; onClose() after it is gone. Returns {element, close()}. */
export function openDialog({ title, body, actions = [], className = '', onClose = () => {} }) {
  const titleId = freshId('title');
  const opener = document.activeElement;
  const dialog = h('dialog', { class: `dialog ${className}`, 'aria-labelledby': titleId });
  const close = () => dialog.close();
  dialog.append(
    h('header', { class: 'dialog-head' }, h('h2', { id: titleId }, title), h('button', { type: 'button', class: 'quiet square', 'aria-label': t('common.close'), onclick: close }, icon('close'))),
    h('div', { class: 'dialog-body' }, body),
  );
  if (actions.length) dialog.append(h('footer', { class: 'dialog-foot' }, actions));
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus();
    onClose();
  });
  document.body.append(dialog);
  dialog.showModal();
  return { element: dialog, close };
}
