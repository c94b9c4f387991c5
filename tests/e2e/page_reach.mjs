// SPDX-License-Identifier: MIT
// The browser's part of page_reach_test.py. Arguments: the controller's URL, a one-time code, a scenario and what it needs. Prints what it has read as
// JSON; exit 77 where there is no browser.

import { launch, openPage, shot, skip } from '../page/browser.mjs';

const [url, code, scenario, ...needs] = process.argv.slice(2);
if (skip) {
  console.error(skip);
  process.exit(77);
}
const browser = await launch();
const page = await openPage(browser);
const button = (name) => page.getByRole('button', { name });
const finished = () => page.locator('.run-clock', { hasText: 'took' }).waitFor({ timeout: 60000 });
const runNumber = () => Number(page.url().split('/').at(-1));

async function choose(app) {
  await page.goto(`${url}/`);
  await page.locator('.listbox-categories').getByRole('option', { name: /Linux\.Web/ }).click();
  await page.locator('.listbox-apps').getByRole('option', { name: app }).click();
  await page.locator('.chip').first().waitFor();
}

const scenarios = {
  /** A ready check, then the ready hosts on the console. */
  async check(app) {
    await choose(app);
    await button('Ready check').click();
    await page.waitForURL(/\/runs\/\d+$/);
    const run = runNumber();
    await finished();
    const groups = await page.locator('.check-group').evaluateAll((all) => all.map((one) => ({ names: [...one.querySelectorAll('.check-names .name')].map((name) => name.title), why: one.querySelector('.check-why').textContent })));
    await shot(page, 'real-check');
    await button(/^Run on the \d+ ready/).click();
    await page.waitForURL(`${url}/`);
    await page.locator('.chip', { hasText: `ready in run ${run}` }).waitFor();
    return { run, groups, chosen: await page.locator('.chips-total').textContent() };
  },

  /** A run of 1003 one host after the other: it waits after the first, goes on by hand; then a retry of a run that failed. */
  async batches(app) {
    await choose(app);
    await page.locator('.listbox-modules').getByRole('option', { name: /1003/ }).click();
    await page.locator('.batches summary').click();
    await page.getByLabel('Hosts in a batch').fill('50%');
    await page.getByLabel('Try on a few first').fill('1');
    await page.getByLabel('Wait for me').selectOption('after_canary');
    await page.locator('.preview-line', { hasText: 'over ssh' }).waitFor();
    const planned = await page.locator('.batches-line').textContent();
    await page.locator('.run-button').click();
    await page.waitForURL(/\/runs\/\d+$/);
    const run = runNumber();
    await page.locator('.run-paused', { hasText: 'Paused after the first batch' }).waitFor();
    const waiting = await page.locator('.target.outcome-waiting').count();
    await shot(page, 'real-paused');
    await page.reload();
    await button('Continue').click();
    await finished();
    await button(/^Retry \d/).click();
    await page.waitForURL((address) => /\/runs\/\d+$/.test(address.pathname) && !address.pathname.endsWith(`/${run}`));
    const retried = runNumber();
    await finished();
    return { run, planned, waiting, retried };
  },

  /** The keys that wait: all are ticked and accepted, the changed one with its explicit yes. */
  async keys() {
    await page.goto(`${url}/host-keys`);
    await page.locator('.key-changed').first().waitFor();
    const rows = await page.locator('.key-row:not(.known-row)').evaluateAll((all) => all.map((one) => ({ name: one.querySelector('.name').title, verdict: one.querySelector('.key-verdict').textContent, prints: [...one.querySelectorAll('.fingerprint')].map((print) => print.textContent) })));
    await shot(page, 'real-host-keys');
    await page.getByLabel('Choose all that are shown').check();
    await button(/^Accept \d/).click();
    const go = page.getByRole('dialog').getByRole('button', { name: /^Accept \d/ });
    const blocked = await go.isDisabled();
    await page.getByLabel('I have compared').check();
    await go.click();
    await page.getByText('Nothing waits').waitFor();
    await page.getByRole('searchbox').fill(needs[0]);
    await page.locator('.key-section').getByText('1 key', { exact: true }).waitFor();
    return { rows, blocked, known: await page.locator('.known-row .fingerprint').allTextContents() };
  },

  /** Uploads a file and distributes it. */
  async files(app, upload, destination) {
    await page.goto(`${url}/files`);
    await page.locator('input[type=file]').setInputFiles(upload);
    await page.locator('.file-row').first().waitFor();
    await button('Distribute').click();
    await page.waitForURL(`${url}/`);
    await choose(app);
    await page.getByLabel('Destination on the hosts').fill(destination);
    await page.getByLabel('Mode').fill('0640');
    await page.locator('.preview-line', { hasText: 'over ssh' }).waitFor();
    await page.locator('.run-button').click();
    await page.getByRole('dialog').getByRole('button', { name: /^Run on/ }).click();
    await page.waitForURL(/\/runs\/\d+$/);
    const run = runNumber();
    await finished();
    await shot(page, 'real-copy');
    return { run };
  },
};

try {
  await page.goto(`${url}/sign-in#code=${code}`);
  await page.locator('input[autocomplete=new-password]').waitFor(); // signed in: a password is offered, and may wait
  await page.locator('.card-buttons button[type=button]').click();
  await page.waitForURL(`${url}/`);
  console.log(JSON.stringify({ ...await scenarios[scenario](...needs), faults: page.faults }));
} catch (error) {
  await shot(page, `real-${scenario}-failed`);
  throw error;
} finally {
  await browser.close();
}
