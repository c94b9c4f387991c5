// SPDX-License-Identifier: MIT
// An error as one sentence in the operator's language: the page's own words for a reason it knows, else the server's.

import { known, own, t } from './i18n.js';

export function sentence(error) {
  if (error.code === 'offline') return t('error.offline');
  if (error.reason === 'access.throttled' && error.retryAfterS) return t('error.throttled', { n: error.retryAfterS });
  if (error.reason && known(`reason.${error.reason}`)) return t(`reason.${error.reason}`);
  return own(error, 'message') || t('error.unknown');
}

/** Problems by field name, from an answer that refused a form. */
export function byField(error) {
  return new Map((error.fields || []).map((problem) => [problem.field, own(problem, 'message')]));
}
