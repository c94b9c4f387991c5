// SPDX-License-Identifier: MIT
// What went wrong, in the operator's language. The server's message is one English sentence with the details and the
// remedy; in another language the page has a sentence for each reason (i18n/reasons.*.json), and the server's own words
// stay at hand, since they hold the specifics. Pure.

import { duration } from './format.js';
import { own, reason, t } from './i18n.js';

/** Reasons whose English says nothing that the sentence does not. */
const nothingMore = /^access\.(?!forbidden)/;

/**
 * {text, raw}: text is what to show; raw is what the server said when text does not say it, else ''. The values a sentence
 * may name come from the target, or from the message itself.
 */
export function explain(error) {
  if (error.code === 'offline') return { text: t('error.offline'), raw: '' };
  const message = error.message || '';
  if (error.reason === 'access.throttled' && error.retryAfterS) return { text: t('error.throttled', { n: error.retryAfterS }), raw: '' };
  const values = { ...error, message, duration: duration(error.duration_ms) };
  const text = error.message_zh ? own(error, 'message') : reason(error.reason, values) || message || reason(`code.${error.code}`, values) || t('error.unknown');
  return { text, raw: text.includes(message) || nothingMore.test(error.reason) ? '' : message };
}

/** An error as one sentence. */
export function sentence(error) {
  return explain(error).text;
}

/** Problems by field name, from an answer that refused a form; one that refused a single field says so in its first words. */
export function byField(error) {
  if (error.fields?.length) return new Map(error.fields.map((problem) => [problem.field, sentence(problem)]));
  const [, name] = /^field '([\w.]+)' /.exec(error.message || '') || [];
  return new Map(name ? [[name, sentence(error)]] : []);
}

/** Why a target ended as it did, as explain() gives it; empty when there is nothing to say. */
export function why(target) {
  return target.reason || target.message ? explain(target) : { text: '', raw: '' };
}
