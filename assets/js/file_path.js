// SPDX-License-Identifier: MIT
// Addresses of the files that wait on the controller to be distributed. Pure.

/** The API's path for a file below files/: each part of its name is quoted, the slashes stay. */
export function filePath(path) {
  return `/files/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** "nginx.conf" of "nginx/nginx.conf". */
export function fileName(path) {
  return path.split('/').filter(Boolean).at(-1) || path;
}
