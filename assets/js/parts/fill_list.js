// SPDX-License-Identifier: MIT
// Fills a list box from a GET; the region around it shows how that goes.

import { AjaxError, Request } from '../ajax.js';

/** take(answer): the items; empty(): what to say when there are none; gone(): nobody looks any more. Resolves with the items, or null. */
export async function fillList(list, region, path, { parameters = {}, take, empty, gone }) {
  const request = new Request(path, { parameters });
  list.request?.abort();
  list.request = request;
  region.busy();
  try {
    const items = take(await request);
    if (gone() || list.request !== request) return null;
    list.setItems(items);
    if (items.length) region.show(list.box);
    else region.empty(empty());
    list.refresh();
    return items;
  } catch (error) {
    if (!(error instanceof AjaxError)) throw error;
    if (!gone() && error.code !== 'aborted') region.fail(error, () => fillList(list, region, path, { parameters, take, empty, gone }));
    return null;
  }
}
