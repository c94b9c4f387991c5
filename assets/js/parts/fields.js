// SPDX-License-Identifier: MIT
// The page's own forms (add a host, a module, a credential, a password): one labelled field a line, an error where it
// belongs, one submit button that says when it is busy.

import { freshId, h, replace, set, setText } from '../dom.js';
import { icon } from '../icons.js';
import { byField, explain } from '../errors.js';
import { AjaxError } from '../ajax.js';
import { t } from '../i18n.js';
import { explained } from './explained.js';

/**
 * One labelled field. kind: text, password, number, textarea, select, tick (its value is whether it is ticked).
 * suggestions: texts to pick from while typing. Returns {element, input, value(), problem(text, raw)}.
 */
export function field(name, { label, kind = 'text', hint = '', options = [], suggestions = [], value = '', required = false, wide = false, ...attributes }) {
  const id = freshId(name);
  const noteId = `${id}-note`;
  const common = { id, name, required, 'aria-describedby': noteId, ...attributes };
  let input;
  if (kind === 'textarea') {
    input = h('textarea', { rows: 5, ...common });
    input.value = value;
  } else if (kind === 'select') {
    input = h('select', common, options.map(([key, text]) => h('option', { value: key }, text)));
    if (value) input.value = value;
  } else if (kind === 'tick') {
    input = h('input', { type: 'checkbox', ...common });
    input.checked = Boolean(value);
  } else {
    input = h('input', { type: kind, autocomplete: 'off', spellcheck: 'false', ...common });
    input.value = value;
  }
  const note = h('span', { class: 'field-note', id: noteId }, hint);
  const list = suggestions.length > 0 && h('datalist', { id: `${id}-list` }, suggestions.map((text) => h('option', { value: text })));
  if (list) set(input, { list: list.id });
  const words = h('label', { for: id }, label, required && h('span', { class: 'field-required', 'aria-hidden': 'true' }, ' *'));
  const element = h('div', { class: `field ${wide ? 'field-wide' : ''} ${kind === 'tick' ? 'field-tick' : ''}` }, kind === 'tick' ? [input, words] : [words, input], list, note);
  return {
    element,
    input,
    value: () => (kind === 'tick' ? input.checked : input.value),
    problem(text, raw = '') {
      element.classList.toggle('field-bad', Boolean(text));
      if (text) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
      setText(note, text || hint);
      set(note, { title: raw || null });
    },
  };
}

/** A heading between the fields of a form. */
export function heading(text) {
  return { element: h('h3', { class: 'field-wide fields-heading' }, text) };
}

/**
 * A form of fields and headings. onSubmit(values) sends them and may throw AjaxError: its fields' problems go to the fields, as does an
 * error that blames() a field by its name; the rest above the button. Returns {element, buttons}: the buttons belong to the form wherever they are put.
 */
export function formOf(rows, { submit, onSubmit, extra = [], cancel = null, blames = () => '' }) {
  const fields = rows.filter((one) => one.input);
  const id = freshId('form');
  const failure = h('p', { class: 'form-failure', role: 'alert' });
  const button = h('button', { type: 'submit', class: 'primary', form: id }, submit);
  const inputs = new Map(fields.map((one) => [one.input.name, one]));
  const form = h('form', { id, class: 'fields', novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    setText(failure, '');
    let first = null;
    for (const one of fields) {
      const problem = problemOf(one.input);
      one.problem(problem);
      if (problem && !first) first = one.input;
    }
    if (first) {
      first.focus();
      return;
    }
    button.disabled = true;
    form.setAttribute('aria-busy', 'true');
    try {
      await onSubmit(Object.fromEntries(fields.map((one) => [one.input.name, one.value()])), form);
    } catch (error) {
      if (!(error instanceof AjaxError)) throw error;
      const problems = byField(error);
      for (const [name, text] of problems) inputs.get(name)?.problem(text);
      const blamed = problems.size ? '' : blames(error);
      if (inputs.has(blamed)) {
        const { text, raw } = explain(error);
        problems.set(blamed, text);
        inputs.get(blamed).problem(text, raw);
      }
      const known = [...problems.keys()].find((name) => inputs.has(name));
      if (known) inputs.get(known).input.focus();
      else replace(failure, explained(error));
    } finally {
      button.disabled = false;
      form.removeAttribute('aria-busy');
    }
  } }, rows.map((one) => one.element), extra, failure);
  const buttons = [cancel && h('button', { type: 'button', onclick: cancel }, t('common.cancel')), button].filter(Boolean);
  return { element: form, buttons, failure };
}

/** What is wrong with an input by its own constraints, in the operator's language; '' when it fits. */
export function problemOf(input) {
  const { validity, value } = input;
  if (!input.willValidate) return '';
  if (validity.valueMissing || (input.required && !value.trim())) return t('field.required');
  if (value && input.minLength > 0 && value.length < input.minLength) return t('field.short', { n: input.minLength });
  if (validity.rangeUnderflow) return t('field.min', { n: input.min });
  if (validity.rangeOverflow) return t('field.max', { n: input.max });
  if (validity.tooLong) return t('field.long', { n: input.maxLength });
  if (validity.badInput) return t('field.number');
  if (validity.patternMismatch) return t('field.pattern', { pattern: input.pattern });
  return validity.valid ? '' : input.validationMessage;
}

/** One of a few, all in sight. */
export function segments(label, name, options, current, onChoose) {
  return h('fieldset', { class: 'choice' }, h('legend', {}, label), h('div', { class: 'segments' }, options.map(([value, text]) => h('label', {},
    h('input', { type: 'radio', name, value, checked: value === current, onchange: () => onChoose(value) }), h('span', {}, text)))));
}

/** A button that copies a text and says that it did; none where the browser allows no copying (plain HTTP from afar). */
export function copyButton(text, label) {
  if (!navigator.clipboard) return null;
  const button = h('button', { type: 'button', class: 'quiet square', 'aria-label': label, title: label, onclick: async () => {
    await navigator.clipboard.writeText(typeof text === 'function' ? text() : text);
    button.replaceChildren(icon('ok'));
    setTimeout(() => button.replaceChildren(icon('copy')), 1500);
  } }, icon('copy'));
  return button;
}
