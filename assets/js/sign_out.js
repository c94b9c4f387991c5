// SPDX-License-Identifier: MIT
// Ends the session and shows the sign-in page; what this tab remembered of the run being composed goes with it.

import { AjaxError, Request } from './ajax.js';
import { notice } from './announce.js';
import { sentence } from './errors.js';

export async function signOut() {
  try {
    await new Request('/session', { method: 'delete' });
  } catch (error) {
    if (!(error instanceof AjaxError)) throw error;
    notice(sentence(error), { kind: 'error' });
    return;
  }
  sessionStorage.clear();
  location.assign('/sign-in');
}
