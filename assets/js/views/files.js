// SPDX-License-Identifier: MIT
// The files that wait on the controller to be distributed: uploaded by a button or by dropping them here, deleted, and
// taken to the console.

import { h, replace } from '../dom.js';
import { ago, bytes, moment } from '../format.js';
import { icon } from '../icons.js';
import { language, t } from '../i18n.js';
import { notice } from '../announce.js';
import { draft, saveDraft } from '../draft.js';
import { filePath } from '../file_path.js';
import { go } from '../router.js';
import { AjaxError, Request, serverNow, Updater } from '../ajax.js';
import { openDialog } from '../parts/dialog.js';
import { explained } from '../parts/explained.js';
import { pageHead } from '../parts/page_head.js';
import { Region } from '../parts/region.js';
import { Uploads } from '../parts/uploads.js';

export class FilesView {
  constructor(root) {
    this.uploads = new Uploads({ onDone: (file) => {
      notice(t('files.arrived', { name: file.path }));
      this.updater.refresh();
    } });
    const body = h('div', {});
    this.drop = h('p', { class: 'drop-hint dim' }, icon('upload'), t('files.drop'));
    this.element = h('div', { class: 'page page-files' }, pageHead(t('nav.files'), t('files.about'), this.uploads.input, this.uploads.button), this.drop, this.uploads.element, body);
    root.append(this.element);
    for (const name of ['dragenter', 'dragover']) this.element.addEventListener(name, (event) => this.#over(event));
    this.element.addEventListener('dragleave', (event) => {
      if (!this.element.contains(event.relatedTarget)) this.element.classList.remove('dropping');
    });
    this.element.addEventListener('drop', (event) => this.#dropped(event));
    this.updater = new Updater(new Region(body, { lines: 5 }), '/files', {
      render: ({ files }) => (files.length ? h('ul', { class: 'file-rows' }, files.map((file) => this.#row(file))) : null),
      empty: () => ({ title: t('files.none'), hint: t('files.none_hint') }),
    });
  }

  get title() {
    return t('nav.files');
  }

  destroy() {
    this.updater.stop();
    this.uploads.destroy();
  }

  #over(event) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    this.element.classList.add('dropping');
  }

  #dropped(event) {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    this.element.classList.remove('dropping');
    this.uploads.add([...event.dataTransfer.files]);
  }

  #row(file) {
    return h('li', { class: 'file-row' }, icon('file'), h('span', { class: 'file-name', title: file.path }, file.path), h('span', { class: 'file-size number' }, bytes(file.size_bytes)),
      h('code', { class: 'file-sum dim', title: file.sha256 ? `SHA-256 ${file.sha256}` : null }, file.sha256 ? file.sha256.slice(0, 12) : ''),
      h('time', { class: 'file-when dim', datetime: file.modified_at, title: moment(file.modified_at, language()) }, ago(file.modified_at, language(), serverNow())),
      h('span', { class: 'file-tools' },
        h('button', { type: 'button', class: 'small', onclick: () => { saveDraft({ kind: 'copy', copy: { ...draft.copy, source: file.path } }); go('/'); } }, icon('console'), t('files.distribute')),
        h('button', { type: 'button', class: 'quiet square', 'aria-label': t('files.delete', { name: file.path }), title: t('files.delete', { name: file.path }), onclick: () => this.#delete(file) }, icon('trash'))));
  }

  #delete(file) {
    const failure = h('p', { class: 'form-failure', role: 'alert' });
    const sure = h('button', { type: 'button', class: 'primary dangerous', onclick: async () => {
      sure.disabled = true;
      try {
        await new Request(filePath(file.path), { method: 'delete' });
        dialog.close();
        notice(t('files.deleted', { name: file.path }));
        await this.updater.refresh();
        this.uploads.button.focus();
      } catch (error) {
        if (!(error instanceof AjaxError)) throw error;
        replace(failure, explained(error));
        sure.disabled = false;
        sure.focus();
      }
    } }, t('files.delete_go'));
    const dialog = openDialog({ title: t('files.delete', { name: file.path }), body: [h('p', {}, t('files.delete_about')), failure], actions: [h('button', { type: 'button', onclick: () => dialog.close() }, t('common.cancel')), sure] });
    sure.focus();
  }
}
