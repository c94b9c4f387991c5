// SPDX-License-Identifier: MIT
// Adding a module: the page takes its name, caption and form; the answer is its number and the file to write.

import { h, replace } from '../dom.js';
import { icon } from '../icons.js';
import { own, t } from '../i18n.js';
import { Request } from '../ajax.js';
import { openDialog } from './dialog.js';
import { copyButton, field, formOf } from './fields.js';

/** ready, not written or broken, with a glyph. */
export function stateMark(module) {
  const { state } = module.source;
  const glyph = { ready: 'ok', not_written: 'file', broken: 'alert' }[state];
  return h('span', { class: `state state-${state}`, title: module.source.problem || module.source.path }, icon(glyph), h('span', {}, t(`modules.${state}`)));
}

/** A broken file as an error, for explained(). */
export function brokenSource(module) {
  return { reason: 'module.broken', message: module.source.problem };
}

/** The field that a refusal is about; what is wrong with a name begins with the field's. */
function blamedField({ reason, message }) {
  if (reason === 'inventory.bad_value' || reason === 'module.bad_name') return message.split(':')[0];
  return reason.startsWith('form.') ? 'form' : { 'module.name': 'name', 'module.risk': 'risk' }[reason] || '';
}

const formExample = '返回信息行数：<input type="text" name="sys_param_1" id="sys_param_1" size="5" maxlength="3" value="50">';

export function addModuleDialog({ onAdded }) {
  const fields = [
    field('name', { label: t('module.name'), required: true, maxlength: 60 }),
    field('name_en', { label: t('module.name_en'), maxlength: 60 }),
    field('caption', { label: t('module.caption'), required: true, wide: true, maxlength: 255 }),
    field('caption_en', { label: t('module.caption_en'), wide: true, maxlength: 255 }),
    field('risk', { label: t('module.risk'), kind: 'select', options: ['read', 'change', 'danger'].map((risk) => [risk, t(`risk.${risk}`)]), value: 'change', hint: t('module.risk_hint') }),
    field('form', { label: t('module.form'), kind: 'textarea', wide: true, class: 'mono', hint: t('module.form_hint'), placeholder: formExample }),
  ];
  const dialog = {};
  const form = formOf(fields, {
    submit: t('modules.add'), cancel: () => dialog.close(), blames: blamedField, onSubmit: async (values) => {
      const { module } = await new Request('/modules', { body: values });
      onAdded(module);
      const done = h('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, t('common.done'));
      replace(dialog.element.querySelector('.dialog-body'), h('div', { class: 'added' }, h('p', { class: 'added-number number' }, String(module.id)), h('p', {}, t('module.added', { id: module.id, name: own(module, 'name') })),
        h('p', { class: 'added-path' }, h('code', {}, module.source.path), copyButton(module.source.path, t('common.copy'))), h('p', { class: 'dim' }, t('module.added_hint'))));
      replace(dialog.element.querySelector('.dialog-foot'), done);
      done.focus();
    },
  });
  Object.assign(dialog, openDialog({ title: t('modules.add'), body: form.element, actions: form.buttons, className: 'dialog-wide' }));
  fields[0].input.focus();
}
