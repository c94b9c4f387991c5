// SPDX-License-Identifier: MIT
// Ends the session and shows the sign-in page; what this tab remembered of the run being composed goes with it.

import { AjaxError, Request } from './ajax.js';
import { explained } from './parts/explained.js';
import { notice } from './announce.js';

export async function signOut() {
  try {
    await new Request('/session', { method: 'delete' });
  } catch (error) {
    if (!(error instanceof AjaxError)) throw error;
    notice(explained(error), { kind: 'error' });
    return;
  }
  sessionStorage.clear();
  location.assign('/sign-in');
}
