// SPDX-License-Identifier: MIT
// An answer of the stand-in server that refuses, in the shape of docs/api.md.

export class Refusal extends Error {
  constructor(status, code, reason, message, fields = []) {
    super(message);
    this.status = status;
    this.body = { error: { code, reason, message, fields } };
  }
}

export const notFound = (what) => new Refusal(404, 'not_found', 'request.no_such_id', `${what}: there is no such thing`);

