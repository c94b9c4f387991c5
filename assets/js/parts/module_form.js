// SPDX-License-Identifier: MIT
// A module's form, built from the items the server parsed out of its HTML. Texts and breaks keep the original's flow: a
// text right before a field without a label of its own is that field's label.

import { freshId, h, setText } from '../dom.js';
import { language, t } from '../i18n.js';
import { problemOf } from './fields.js';

const bare = (text) => (text || '').replace(/[\s:：]+$/, '').trim();

/** Rows of items: a break starts the next row. Pure. */
export function rowsOf(items) {
  const rows = [[]];
  for (const item of items) {
    if (item.kind === 'break') rows.push([]);
    else rows.at(-1).push(item);
  }
  return rows.filter((row) => row.length);
}

/** Fields of the items, in order, also those inside field sets. Pure. */
export function fieldsOf(items) {
  return items.flatMap((item) => (item.kind === 'field' ? [item] : item.kind === 'fieldset' ? fieldsOf(item.items) : []));
}

/** What a module does, without the heading "[功能说明]" that the original's captions open with. Pure. */
export function bareCaption(text) {
  return text.replace(/^\s*\[[^\]\n]*\]\s*/, '');
}

/** The items in the operator's language. */
export function itemsOf(module) {
  const form = module.form || {};
  return (language() === 'en' && form.items_en?.length ? form.items_en : form.items) || [];
}

export class ModuleForm {
  /** values: what was typed before, by name. onChange() after each edit. */
  constructor(module, values, onChange) {
    this.module = module;
    this.values = { ...values };
    this.onChange = onChange;
    this.controls = new Map();
    this.element = h('form', { class: 'module-form', novalidate: true, onsubmit: (event) => event.preventDefault(), oninput: () => this.#edited() });
    const items = itemsOf(module);
    if (fieldsOf(items).length === 0) this.element.append(h('p', { class: 'dim' }, t('form.none')));
    this.element.append(...rowsOf(items).map((row) => this.#row(row)));
  }

  /** {name: value} as strings, one for each field: several values joined with commas, nothing chosen is the empty text. */
  read() {
    return Object.fromEntries([...this.controls].map(([name, control]) => [name, control.read()]));
  }

  /** What may be remembered: everything but secrets. */
  memory() {
    const values = this.read();
    for (const [name, control] of this.controls) if (control.secret) delete values[name];
    return values;
  }

  /** 'missing' while a needed value is not there, 'wrong' when a value does not fit (shown at its field), else 'ready'. */
  readiness() {
    let state = 'ready';
    for (const control of this.controls.values()) {
      const [input] = control.inputs;
      const text = problemOf(input);
      if (!text) continue;
      if (!input.value || input.validity.valueMissing) return 'missing';
      control.problem(text);
      state = 'wrong';
    }
    return state;
  }

  /** Checks every field as its form demands; shows what does not fit and gives the focus to the first. True if all fit. */
  check() {
    let first = null;
    for (const control of this.controls.values()) {
      const text = problemOf(control.inputs[0]);
      control.problem(text);
      if (text && !first) first = control.inputs[0];
    }
    first?.focus();
    return !first;
  }

  /** Shows the server's problems, a Map by field name. Returns whether all of them have a field here. */
  refuse(problems) {
    let all = true;
    for (const [name, text] of problems) {
      const control = this.controls.get(name);
      if (control) control.problem(text);
      else all = false;
    }
    return all;
  }

  #edited() {
    for (const control of this.controls.values()) control.problem('');
    this.onChange();
  }

  #row(row) {
    const line = h('div', { class: 'form-row' });
    for (let i = 0; i < row.length; i += 1) {
      const item = row[i];
      const next = row[i + 1];
      if (item.kind === 'text') {
        this.said = bare(item.text);
        if (next?.kind === 'field' && next.type !== 'hidden' && (!next.label || bare(next.label) === this.said)) {
          this.said = '';
          line.append(this.#field(next, item.text));
          i += 1;
        } else {
          line.append(h(item.bold ? 'strong' : 'span', { class: 'form-words' }, item.text));
        }
      } else if (item.kind === 'fieldset') {
        line.append(h('fieldset', {}, item.legend && h('legend', {}, item.legend), rowsOf(item.items).map((inner) => this.#row(inner))));
      } else if (item.kind === 'field') {
        line.append(this.#field(item, item.label));
      }
    }
    return line;
  }

  #field(item, labelText) {
    const id = freshId(item.name);
    const note = h('span', { class: 'field-note', id: `${id}-note` });
    const made = this.#control(item, id);
    const wrap = h('div', { class: `form-field form-${item.type}` });
    const label = bare(labelText);
    const said = label === '' || label === this.said;
    const requiredMark = item.required && h('span', { class: 'field-required', 'aria-hidden': 'true' }, ' *');
    if (item.type === 'hidden') {
      wrap.hidden = true;
      wrap.append(...made.inputs);
    } else if (made.group) {
      made.group.setAttribute('aria-label', label || item.name);
      if (!said) wrap.append(h('span', { class: 'form-label' }, label, requiredMark));
      wrap.append(made.group);
    } else {
      if (said) made.inputs[0].setAttribute('aria-label', label || item.name);
      else wrap.append(h('label', { class: 'form-label', for: id }, label, requiredMark));
      wrap.append(...made.inputs, ...(made.extra ? [made.extra] : []));
    }
    wrap.append(note);
    for (const input of made.inputs) input.setAttribute('aria-describedby', note.id);
    this.controls.set(item.name, {
      inputs: made.inputs,
      secret: item.type === 'password',
      read: made.read || (() => readAll(made.inputs)),
      problem: (text) => {
        wrap.classList.toggle('field-bad', Boolean(text));
        setText(note, text || '');
        for (const input of made.inputs) {
          if (text) input.setAttribute('aria-invalid', 'true');
          else input.removeAttribute('aria-invalid');
        }
      },
    });
    return wrap;
  }

  #control(item, id) {
    const held = this.values[item.name];
    if (item.type === 'select') return selectOf(item, id, held);
    if (item.type === 'radio' || item.type === 'checkbox') return this.#choices(item, id, held);
    if (item.type === 'textarea') {
      const area = h('textarea', { id, name: item.name, rows: item.rows || 4, cols: item.cols || 40, maxlength: item.maxlength || null, placeholder: item.placeholder || null, required: item.required, spellcheck: 'false' });
      area.value = held ?? item.value ?? '';
      return { inputs: [area] };
    }
    const type = item.type === 'file' ? 'text' : item.type;
    const input = h('input', { id, type, name: item.name, autocomplete: item.type === 'password' ? 'new-password' : 'off', spellcheck: 'false' });
    for (const name of ['min', 'max', 'step', 'minlength', 'maxlength', 'pattern', 'placeholder', 'inputmode', 'size']) {
      if (item[name] !== undefined && item[name] !== null && item[name] !== '' && item[name] !== 0) input.setAttribute(name, item[name]);
    }
    if (item.required) input.required = true;
    input.value = (item.type === 'password' ? undefined : held) ?? item.value ?? '';
    if (type === 'range') {
      const shown = h('output', { class: 'number', for: id }, input.value);
      input.addEventListener('input', () => setText(shown, input.value));
      return { inputs: [input], extra: shown };
    }
    if (!item.suggestions?.length) return { inputs: [input] };
    const list = h('datalist', { id: `${id}-list` }, item.suggestions.map((text) => h('option', { value: text })));
    input.setAttribute('list', list.id);
    return { inputs: [input], extra: list };
  }

  #choices(item, id, held) {
    const chosen = held === undefined ? null : new Set(held.split(','));
    const inputs = [];
    const group = h('div', { class: 'form-choices', role: item.type === 'radio' ? 'radiogroup' : 'group' }, (item.options || []).map((option) => {
      const input = h('input', { type: item.type, name: item.name, value: option.value, required: item.required && item.type === 'radio' });
      input.checked = chosen ? chosen.has(option.value) : Boolean(option.selected);
      inputs.push(input);
      return h('label', { class: 'form-tick' }, input, h('span', {}, option.label || option.value));
    }));
    inputs[0].id = id;
    return { inputs, group };
  }
}

function selectOf(item, id, held) {
  const select = h('select', { id, name: item.name, multiple: item.multiple, required: item.required, size: item.multiple ? Math.min(8, item.options.length + new Set(item.options.map((one) => one.group).filter(Boolean)).size) : null });
  const chosen = held === undefined ? null : new Set(item.multiple ? held.split(',') : [held]);
  const groups = new Map();
  for (const option of item.options || []) {
    const element = h('option', { value: option.value }, option.label || option.value);
    element.selected = chosen ? chosen.has(option.value) : Boolean(option.selected);
    let parent = select;
    if (option.group) {
      if (!groups.has(option.group)) {
        groups.set(option.group, h('optgroup', { label: option.group }));
        select.append(groups.get(option.group));
      }
      parent = groups.get(option.group);
    }
    parent.append(element);
  }
  return { inputs: [select], read: () => [...select.selectedOptions].map((option) => option.value).join(',') };
}

function readAll(inputs) {
  const [first] = inputs;
  if (first.type !== 'checkbox' && first.type !== 'radio') return first.value;
  return inputs.filter((input) => input.checked).map((input) => input.value).join(',');
}
