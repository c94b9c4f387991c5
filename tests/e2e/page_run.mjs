// SPDX-License-Identifier: MIT
// The browser's part of page_test.py: signs in by the link, chooses an application's hosts in two clicks, runs 1003, reads what the page shows,
// reloads, reads again. Arguments: the controller's URL, a one-time code, a language, an application, its number of hosts. Prints what it has read
// as JSON; exit 77 where there is no browser.

import { launch, openPage, shot, skip } from '../page/browser.mjs';

const [url, code, language, app, count] = process.argv.slice(2);

async function read(page) {
  await page.locator('.run-clock').waitFor();
  await page.locator('.toggle.outcome-ok b', { hasText: new RegExp(`^${count}$`) }).waitFor({ timeout: 60000 });
  if (count > 10) return []; // the list shows what fits
  for (const target of await page.locator('.target').all()) {
    const open = target.locator('[aria-expanded]').first();
    if (await open.count() && await open.getAttribute('aria-expanded') === 'false') await open.click();
    await target.locator('.line-text').first().waitFor();
  }
  return page.locator('.target').evaluateAll((targets) => targets.map((target) => ({
    name: target.querySelector('.name').title || target.querySelector('.name').textContent,
    lines: [...target.querySelectorAll('.line-text')].map((line) => line.textContent),
  })));
}

if (skip) {
  console.error(skip);
  process.exit(77);
}
const browser = await launch();
try {
  const page = await openPage(browser, { language });
  await page.goto(`${url}/sign-in#code=${code}`);
  await page.locator('input[autocomplete=new-password]').waitFor(); // signed in: a password is offered, and may wait
  await page.locator('.card-buttons button[type=button]').click();
  await page.waitForURL(`${url}/`);
  const pick = (list, name) => page.locator(`.listbox-${list}`).getByRole('option', { name }).click();
  await pick('categories', /Linux\.Web/);
  await pick('apps', new RegExp(app));
  await pick('modules', /1003/);
  await page.locator('.preview-line', { hasText: count }).first().waitFor();
  await page.locator('.run-button').click();
  await page.waitForURL(/\/runs\/\d+$/);
  const live = await read(page);
  await page.reload();
  const reloaded = await read(page);
  await shot(page, `run-1003-${language}`);
  console.log(JSON.stringify({ run: Number(page.url().split('/').at(-1)), live, reloaded, faults: page.faults, title: await page.title(),
    lang: await page.evaluate(() => document.documentElement.lang) }));
} finally {
  await browser.close();
}
