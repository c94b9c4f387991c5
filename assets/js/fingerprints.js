// SPDX-License-Identifier: MIT
// Two fingerprints letter by letter, so that the eye finds where they part. Pure.

/** [{text, differs}] of the first, held against the second. */
export function comparedWith(text, other) {
  const runs = [];
  for (let i = 0; i < text.length; i += 1) {
    const differs = text[i] !== other[i];
    if (runs.at(-1)?.differs === differs) runs.at(-1).text += text[i];
    else runs.push({ text: text[i], differs });
  }
  return runs;
}
