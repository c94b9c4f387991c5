// SPDX-License-Identifier: MIT
// Files on their way from this computer to the controller, one after the other: a line each with a bar, stopped or tried
// again at its line. The bytes are streamed by the browser; nothing is held in memory here.

import { h, replace, set, setText } from '../dom.js';
import { bytes } from '../format.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { announce } from '../announce.js';
import { filePath } from '../file_path.js';
import { AjaxError, Upload } from '../ajax.js';
import { explained } from './explained.js';

export class Uploads {
  /** onDone(file): one has arrived, as the server describes it. */
  constructor({ onDone }) {
    this.onDone = onDone;
    this.queue = [];
    this.current = null;
    this.input = h('input', { type: 'file', multiple: true, class: 'visually-hidden', tabindex: -1, 'aria-hidden': 'true', 'aria-label': t('files.upload'), onchange: () => {
      this.add([...this.input.files]);
      this.input.value = '';
    } });
    this.button = h('button', { type: 'button', class: 'primary', onclick: () => this.input.click() }, icon('upload'), t('files.upload'));
    this.element = h('ul', { class: 'uploads', 'aria-label': t('files.uploads') });
  }

  destroy() {
    this.gone = true;
    this.current?.upload.abort();
  }

  add(files) {
    for (const file of files) this.queue.push(this.#line(file));
    this.#next();
  }

  #line(file) {
    const line = { file, bar: h('progress', { max: 1, value: 0, 'aria-label': file.name }), words: h('span', { class: 'dim number' }, t('files.queued')), tools: h('span', { class: 'upload-tools' }) };
    line.row = h('li', { class: 'upload' }, h('span', { class: 'upload-name' }, file.name), line.bar, line.words, line.tools);
    replace(line.tools, this.#tool('close', t('common.cancel'), file, () => this.#drop(line)));
    this.element.append(line.row);
    return line;
  }

  #tool(glyph, label, file, onclick) {
    return h('button', { type: 'button', class: 'quiet square', 'aria-label': `${label}: ${file.name}`, title: label, onclick }, icon(glyph));
  }

  #drop(line) {
    if (this.current === line) {
      line.upload.abort();
      return;
    }
    this.queue = this.queue.filter((one) => one !== line);
    line.row.remove();
    this.button.focus();
  }

  async #next() {
    if (this.current || !this.queue.length || this.gone) return;
    const line = this.queue.shift();
    this.current = line;
    line.upload = new Upload(filePath(line.file.name), line.file, (sent, total) => {
      set(line.bar, { value: total ? sent / total : 1 });
      setText(line.words, t('target.progress', { done: bytes(sent), total: bytes(total) }));
    });
    try {
      const { file } = await line.upload.promise;
      line.row.remove();
      announce(t('files.arrived', { name: file.path }));
      this.onDone(file);
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      const held = line.row.contains(document.activeElement);
      if (error.code === 'aborted') {
        line.row.remove();
        if (held) this.button.focus();
      } else this.#failed(line, error, held);
    } finally {
      this.current = null;
      this.#next();
    }
  }

  #failed(line, error, held) {
    line.row.classList.add('upload-failed');
    replace(line.words, explained(error));
    const again = this.#tool('again', t('common.retry'), line.file, () => {
      line.row.remove();
      this.add([line.file]);
      this.button.focus();
    });
    replace(line.tools, again, this.#tool('close', t('common.close'), line.file, () => this.#drop(line)));
    if (held) again.focus();
  }
}
