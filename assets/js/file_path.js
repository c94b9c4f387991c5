// SPDX-License-Identifier: MIT
// Addresses of the files that wait on the controller to be distributed. Pure.

/** The API's path for a file below files/: each part of its name is quoted, the slashes stay. */
export function filePath(path) {
  return `/files/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** The files with the folders they are in, which can be distributed whole: {path, size_bytes, folder: how many files it holds}. */
export function withFolders(files) {
  const folders = new Map();
  for (const file of files) {
    const parts = file.path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const path = parts.slice(0, depth).join('/');
      const folder = folders.get(path) || { path, size_bytes: 0, folder: 0 };
      folders.set(path, { path, size_bytes: folder.size_bytes + file.size_bytes, folder: folder.folder + 1 });
    }
  }
  const key = ({ path, folder }) => `${path}${folder ? '/' : ''}`;
  return [...files, ...folders.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** "nginx.conf" of "nginx/nginx.conf". */
export function fileName(path) {
  return path.split('/').filter(Boolean).at(-1) || path;
}
