// SPDX-License-Identifier: MIT
// What an operator does to reach hosts, in a real browser against the stand-in server: run in batches, pause and go on,
// retry, check first, judge host keys, distribute and collect files, add hosts and credentials of every kind.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { launch, openPage, skip } from './browser.mjs';
import { startMock } from './mock_server.mjs';

describe('reaching hosts', { skip }, () => {
  let browser;
  let mock;
  let page;
  let folder;
  before(async () => {
    browser = await launch();
    folder = mkdtempSync(path.join(tmpdir(), 'omserver-page-'));
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => { mock = page = null; });
  afterEach(async () => {
    const faults = page?.faults ?? [];
    await page?.context().close();
    await mock?.close();
    assert.deepEqual(faults, [], 'no script error, no policy violation');
  });

  async function begin(options = {}, address = '/') {
    mock = await startMock({ open: true, hosts: 40, stepMs: 25, ...options });
    page = await openPage(browser);
    await page.goto(mock.url + address);
    if (address === '/') await page.getByRole('listbox', { name: 'Hosts' }).waitFor();
  }
  const app = (name) => page.getByRole('listbox', { name: 'Application' }).getByRole('option', { name });
  const module = (id) => page.getByRole('listbox', { name: 'Module' }).getByRole('option', { name: String(id) });
  const runButton = () => page.locator('.run-button');
  const button = (name) => page.getByRole('button', { name, exact: true });
  const finished = () => page.locator('.run-clock', { hasText: 'took' }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.className);

  async function choose(id, name = /www/) {
    await app(name).click();
    await page.locator('.chip').first().waitFor();
    if (id === null) return;
    await module(id).click();
    await page.locator('.preview-line', { hasText: 'over ssh' }).waitFor();
  }
  async function start(request) {
    return mock.state.start({ select: { hosts: mock.state.hostList.slice(0, 16).map((host) => host.name) }, parameters: { sys_param_1: '50' }, ...request });
  }

  test('a run in batches: a canary, a pause with the reason, continue, the batches on the wall', async () => {
    await begin();
    await choose(1001);
    await page.getByText('all hosts at once').waitFor();
    await page.locator('.batches summary').click();
    await page.getByLabel('Hosts in a batch').fill('ten');
    await page.locator('.field-bad', { hasText: 'A number, or a share' }).waitFor();
    await runButton().click();
    assert.equal(mock.state.runs.length, 0);
    assert.equal(await page.evaluate(() => document.activeElement.name), 'size');
    await page.getByLabel('Hosts in a batch').fill('25%');
    await page.getByLabel('Try on a few first').fill('1');
    await page.getByLabel('Wait for me').selectOption('after_canary');
    await page.getByText('5 batches: 1, 4 × 3, 3; waits after the first batch').waitFor();
    await page.locator('.preview-line', { hasText: 'over ssh' }).waitFor();
    await runButton().click();
    await page.waitForURL(/\/runs\/1$/);
    assert.deepEqual(mock.state.runs[0].request.batches, { size: '25%', canary: 1, pause: 'after_canary' });
    await page.locator('.run-paused', { hasText: 'Paused after the first batch' }).waitFor();
    await page.locator('.run-batch', { hasText: 'batch 1 of 5' }).waitFor();
    await page.locator('.run-mark', { hasText: 'paused' }).waitFor();
    assert.equal(await page.locator('.target.outcome-waiting').count(), 15);
    await page.locator('.wall-stage').focus();
    await page.keyboard.press('End');
    await page.locator('.wall-label', { hasText: 'batch 5' }).waitFor();
    await button('Continue').focus();
    await page.keyboard.press('Enter');
    await page.locator('.run-mark', { hasText: 'running' }).waitFor();
    assert.notEqual(await focused(), '', 'the focus is on a button that is there');
    assert.equal(await page.evaluate(() => document.activeElement.closest('.run-actions') !== null), true);
    await finished();
    await page.goto(`${mock.url}/`);
    await page.getByText('waits after the first batch').waitFor();
    await page.locator('.batches summary').click();
    await page.getByRole('button', { name: 'All at once again' }).click();
    await page.getByText('all hosts at once').waitFor();
  });

  test('too many failures: the rest is skipped and says why; a retry takes them up', async () => {
    await begin();
    await start({ module: 1001, batches: { size: '4', max_failed: '0' } });
    await page.goto(`${mock.url}/runs/1`);
    await finished();
    const { counts } = mock.state.runs[0].json();
    assert.ok(counts.skipped > 0 && counts.ok > 0);
    await page.locator('.run-paused', { hasText: `${counts.skipped} hosts were left untouched` }).waitFor();
    assert.equal(await page.locator('.toggle.outcome-skipped b').textContent(), String(counts.skipped));
    const bad = 16 - counts.ok;
    await button(`Retry ${bad}`).waitFor();
    await page.locator('.toggle.outcome-skipped').click();
    await button(`Retry ${counts.skipped}`).click();
    await page.waitForURL(/\/runs\/2$/);
    assert.equal(mock.state.runs[1].targets.length, counts.skipped);
    await finished();
  });

  test('pause and continue by hand, with the keyboard', async () => {
    await begin({ stepMs: 200 });
    await start({ module: 1001 });
    await page.goto(`${mock.url}/runs/1`);
    await page.locator('.target.outcome-running').first().waitFor();
    await page.keyboard.press('p');
    await page.locator('.run-paused', { hasText: 'Paused by hand' }).waitFor();
    await page.keyboard.press('p');
    await page.locator('.run-mark', { hasText: 'running' }).waitFor();
    assert.equal(await page.locator('.run-paused').isVisible(), false);
    await button('Pause').click();
    await page.locator('.run-paused', { hasText: 'Paused by hand' }).waitFor();
    await button('Stop').click();
    await page.locator('.run-mark', { hasText: 'cancelled' }).waitFor();
  });

  test('a retry asks for secrets again, and for the ceremony of what it does', async () => {
    await begin();
    mock.state.modules[8].source.state = 'ready';
    await start({ module: 1009 });
    await page.goto(`${mock.url}/runs/1`);
    await finished();
    const bad = 16 - mock.state.runs[0].json().counts.ok;
    await button(`Retry ${bad}`).click();
    const danger = page.getByRole('dialog', { name: 'This is dangerous' });
    await danger.getByText('the same as run 1').waitFor();
    await danger.getByRole('textbox').fill(String(bad));
    await page.keyboard.press('Enter');
    const secrets = page.getByRole('dialog', { name: 'Secret values, once more' });
    await secrets.locator('input').press('Enter');
    await secrets.getByText('This is needed.').waitFor();
    await secrets.locator('input').fill('hunter2hunter2');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/2$/);
    assert.equal(mock.state.runs[1].request.parameters.sys_param_1, 'hunter2hunter2');
    assert.equal(mock.state.runs[1].targets.length, bad);
  });

  test('the hosts that did not end well are chosen from the run and from the console', async () => {
    await begin();
    await start({ module: 1001 });
    await page.goto(`${mock.url}/runs/1`);
    await finished();
    const bad = 16 - mock.state.runs[0].json().counts.ok;
    await button(`Choose these ${bad}`).click();
    await page.locator('.chips-total', { hasText: `${bad} host` }).waitFor();
    await page.locator('.chip', { hasText: 'not ok in run 1' }).waitFor();
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await page.locator('.chips-total', { hasText: '0 hosts' }).waitFor();
    await button(`Not ok in run 1 (${bad})`).click();
    await page.locator('.chips-total', { hasText: `${bad} host` }).waitFor();
  });

  test('a ready check says what helps, and the ready hosts are chosen in one click', async () => {
    await begin();
    await choose(1001);
    await button('Ready check').click();
    await page.waitForURL(/\/runs\/1$/);
    assert.deepEqual(Object.keys(mock.state.runs[0].request).sort(), ['kind', 'select']);
    await finished();
    await page.getByText('omserver hostkey accept').first().waitFor();
    const { ok } = mock.state.runs[0].json().counts;
    assert.ok(ok < 16);
    await page.getByRole('link', { name: 'Look at the host keys' }).first().waitFor();
    await page.locator('.check-names button').first().click();
    await page.locator('.drawer .remedy').waitFor();
    await page.keyboard.press('Escape');
    await button(`Run on the ${ok} ready ones`).click();
    await page.waitForURL(`${mock.url}/`);
    await page.locator('.chips-total', { hasText: `${ok} hosts` }).waitFor();
    await page.locator('.chip', { hasText: 'ready in run 1' }).waitFor();
    await page.locator('.run-button', { hasText: `Run on ${ok} hosts` }).waitFor();
    await page.locator('.run-row', { hasText: 'Ready check' }).waitFor();
  });

  test('host keys: new ones are accepted together, a changed one wants an explicit yes, a revoked one stays out', async () => {
    await begin({}, '/host-keys');
    const row = (verdict) => page.locator(`.key-${verdict}`);
    await row('changed').first().waitFor();
    const [was, now] = await row('changed').first().locator('.fingerprint').allTextContents();
    assert.notEqual(was, now);
    assert.ok(await row('changed').first().locator('mark').count() > 0, 'what differs is marked');
    assert.equal(await button('Accept 0').isDisabled(), true);
    await button('Accept all new keys').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Accept all new keys' }).click();
    await page.getByText('5 keys were accepted.').waitFor();
    await row('unknown').first().waitFor({ state: 'detached' });
    await page.getByLabel('Choose all that are shown').check();
    await button('Accept 4').click();
    const dialog = page.getByRole('dialog', { name: 'Accept 3 keys' });
    const go = dialog.getByRole('button', { name: 'Accept 3' });
    assert.equal(await go.isDisabled(), true, 'not without the tick');
    await dialog.getByLabel('I have compared').check();
    await go.click();
    await page.getByText('3 keys were accepted.').waitFor();
    await row('changed').first().waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement !== document.body), true, 'the focus is not lost');
    assert.ok(mock.state.reach.known.some((key) => key.fingerprint === now));
    assert.ok(!mock.state.reach.known.some((key) => key.fingerprint === was));
    await page.getByLabel('Choose the key of').check();
    assert.equal(await page.getByRole('button', { name: /^Accept \d/ }).isDisabled(), true, 'revoked');
    await button('Reject 1').click();
    await page.getByLabel('Also mark as revoked').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Reject 1' }).click();
    await page.getByText('Nothing waits').waitFor();
    assert.equal(mock.state.reach.known.at(-1).marker, 'revoked');
  });

  test('host keys: what the server refuses is said with its reason', async () => {
    await begin({}, '/host-keys');
    const changed = mock.state.reach.pending.find((key) => key.verdict === 'changed');
    await page.getByLabel(`Choose the key of ${changed.name}`).check();
    await button('Accept 1').click();
    changed.verdict = 'revoked';
    const dialog = page.getByRole('dialog', { name: 'Accept 1 key' });
    await dialog.getByLabel('I have compared').check();
    await dialog.getByRole('button', { name: 'Accept 1' }).click();
    await dialog.getByText('is revoked in known_hosts').waitFor();
    await dialog.locator('.dialog-foot').getByRole('button', { name: 'Close' }).click();
  });

  test('known keys are searched, forgotten, pasted; lines nobody can read are named', async () => {
    await begin({}, '/host-keys');
    await page.getByText('1 line of the file could not be read').click();
    await page.getByText('the key is not base64').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.known-row').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('web-sh-001');
    await page.locator('.key-section', { hasText: 'Known keys' }).getByText('1 key', { exact: true }).waitFor();
    await page.getByRole('button', { name: /Forget the key of web-sh-001/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget', exact: true }).click();
    await page.getByText('Nothing matches the filter.').waitFor();
    await page.getByRole('searchbox').fill('');
    await button('Paste known_hosts').click();
    const dialog = page.getByRole('dialog', { name: 'Paste known_hosts' });
    await dialog.getByRole('textbox').fill('new-host ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\nbroken-line\n');
    await dialog.getByRole('button', { name: 'Import' }).click();
    await dialog.getByText('Line 2:').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').fill('new-host');
    await page.locator('.known-row', { hasText: 'new-host' }).waitFor();
  });

  test('host keys: what fails is said in its region and can be asked again', async () => {
    mock = await startMock({ open: true, hosts: 10, failPaths: new Map([['/host-keys/pending', 500]]) });
    page = await openPage(browser);
    await page.goto(`${mock.url}/host-keys`);
    await page.getByText('This could not be loaded').waitFor();
    await page.locator('.known-row').first().waitFor();
    mock.state.failPaths.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.key-unknown').first().waitFor();
  });

  test('files are uploaded by button and by dropping, distributed with live progress, and deleted', async () => {
    await begin({ stepMs: 120 }, '/files');
    await page.locator('.file-row').first().waitFor();
    const name = path.join(folder, 'site v2.tar');
    writeFileSync(name, Buffer.alloc(300000, 'x'));
    await page.locator('input[type=file]').setInputFiles(name);
    await page.locator('.file-row', { hasText: 'site v2.tar' }).waitFor();
    assert.equal(mock.state.reach.uploaded.get('site v2.tar').length, 300000);
    await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['dropped text'], 'dropped.conf'));
      document.querySelector('.page-files').dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
    });
    await page.locator('.file-row', { hasText: 'dropped.conf' }).waitFor();
    assert.equal(mock.state.reach.uploaded.get('dropped.conf').toString(), 'dropped text');
    await button('Delete dropped.conf').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.locator('.file-row', { hasText: 'dropped.conf' }).waitFor({ state: 'detached' });

    await page.locator('.file-row', { hasText: 'site v2.tar' }).getByRole('button', { name: 'Distribute' }).click();
    await page.waitForURL(`${mock.url}/`);
    await choose(null);
    await page.getByText('Fill in the form').waitFor();
    await page.getByLabel('Destination on the hosts').fill('opt/site.tar');
    await page.locator('.field-bad', { hasText: 'must be a whole path there' }).waitFor();
    await page.getByLabel('Destination on the hosts').fill('/opt/site.tar');
    await page.getByLabel('Mode').fill('0999');
    await page.locator('.field-bad', { hasText: 'Does not fit' }).waitFor();
    await page.getByLabel('Mode').fill('0640');
    await page.getByLabel('Command that follows').fill('systemctl reload nginx');
    await page.locator('.preview-line', { hasText: 'over ssh' }).waitFor();
    await runButton().click();
    await page.getByRole('dialog', { name: 'This changes hosts' }).getByRole('button', { name: 'Run on 16 hosts' }).click();
    await page.waitForURL(/\/runs\/1$/);
    assert.deepEqual(mock.state.runs[0].request.copy, { source: 'site v2.tar', destination: '/opt/site.tar', mode: '0640', command: 'systemctl reload nginx' });
    await page.locator('.target-last', { hasText: /MiB of 64\.0 MiB/ }).first().waitFor();
    await page.locator('.run-what', { hasText: 'site v2.tar to /opt/site.tar' }).waitFor();
    await finished();
    await button('Run again').click();
    await page.waitForURL(`${mock.url}/`);
    assert.equal(await page.getByLabel('Destination on the hosts').inputValue(), '/opt/site.tar');
  });

  test('an upload that is refused says why and can be tried again', async () => {
    await begin({ failPaths: new Map([['/files/a.txt', 503]]) }, '/files');
    const name = path.join(folder, 'a.txt');
    writeFileSync(name, 'text');
    await page.locator('input[type=file]').setInputFiles(name);
    await page.locator('.upload-failed', { hasText: 'made to fail' }).waitFor();
    mock.state.failPaths.clear();
    await page.getByRole('button', { name: 'Try again: a.txt' }).click();
    await page.locator('.file-row', { hasText: 'a.txt' }).waitFor();
  });

  test('a file is collected from every host and each can be downloaded', async () => {
    await begin();
    await page.locator('.choice').getByLabel('Collect a file').check();
    await choose(null, /session-cache/);
    await page.getByLabel('Path on the hosts').fill('/var/log/syslog');
    await page.locator('.preview-line', { hasText: 'over ssh' }).waitFor();
    await runButton().click();
    await page.waitForURL(/\/runs\/1$/);
    assert.deepEqual(mock.state.runs[0].request.fetch, { source: '/var/log/syslog' });
    await finished();
    const link = page.getByRole('link', { name: /Download syslog/ }).first();
    const download = page.waitForEvent('download');
    await link.click();
    const file = await download;
    assert.match(readFileSync(await file.path(), 'utf8'), /^the log of cache-/);
    assert.match(file.suggestedFilename(), /syslog/);
  });

  test('a host behind a jump host with a password, another user and old algorithms', async () => {
    await begin({}, '/hosts');
    await page.getByRole('button', { name: 'Add host' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add host' });
    await dialog.getByLabel('Name').fill('old-01');
    await dialog.getByLabel('Address').fill('10.0.0.9');
    await dialog.getByLabel('Jump host').fill('nowhere');
    await dialog.getByLabel('Credential', { exact: true }).selectOption('sudo-web');
    await dialog.getByLabel('Become').fill('root');
    await dialog.getByLabel('By', { exact: true }).selectOption('su');
    await dialog.getByLabel('Its password').selectOption('sudo-web');
    await dialog.getByLabel('Old server').check();
    await dialog.getByText('SHA-1 and CBC are broken').waitFor();
    await dialog.getByLabel('Host key alias').fill('old-rack-b');
    await dialog.getByRole('button', { name: 'Add host' }).click();
    await dialog.locator('.field-bad', { hasText: 'there is no host nowhere' }).waitFor();
    await dialog.getByLabel('Jump host').fill('jump-01');
    await dialog.getByRole('button', { name: 'Add host' }).click();
    await page.getByText('Host old-01 was added.').waitFor();
    const host = mock.state.hostList.at(-1);
    assert.deepEqual([host.jump, host.key, host.become, host.become_method, host.become_password, host.legacy_algorithms, host.host_key_alias], ['jump-01', 'sudo-web', 'root', 'su', 'sudo-web', true, 'old-rack-b']);
    await page.getByRole('searchbox').fill('old-01');
    const row = page.getByRole('row', { name: /old-01/ });
    await row.getByText('old algorithms').waitFor();
    await row.getByText('via jump-01 · → root (su) · key as old-rack-b').waitFor();
  });

  test('a password and a key with its certificate are added; a certificate that ended says so', async () => {
    await begin({}, '/settings');
    await page.locator('.credential-ended', { hasText: 'ops@jump-bj' }).waitFor();
    await page.getByRole('button', { name: 'Add password' }).click();
    let dialog = page.getByRole('dialog', { name: 'Add password' });
    await dialog.getByLabel('Name').fill('ops');
    await dialog.getByLabel('Password').fill('correct horse');
    await dialog.getByRole('button', { name: 'Add password' }).click();
    await dialog.locator('.field-bad', { hasText: 'there is a credential ops' }).waitFor();
    await dialog.getByLabel('Name').fill('sudo-db');
    await page.keyboard.press('Enter');
    await page.locator('.credentials li', { hasText: 'sudo-db' }).getByText('password').waitFor();
    await page.getByRole('button', { name: 'Add private key' }).click();
    dialog = page.getByRole('dialog', { name: 'Add private key' });
    await dialog.getByLabel('Name').fill('deploy');
    await dialog.getByLabel('Private key').fill('-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----');
    await dialog.getByLabel('OpenSSH certificate').fill('ssh-ed25519-cert-v01@openssh.com AAAA deploy');
    await dialog.getByRole('button', { name: 'Add private key' }).click();
    await page.locator('.credentials li', { hasText: 'deploy' }).getByText('Certificate “deploy”').waitFor();
    await page.getByRole('button', { name: 'Replace ops' }).click();
    dialog = page.getByRole('dialog', { name: 'Replace ops' });
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'ops');
    await dialog.getByLabel('Private key').fill('-----BEGIN OPENSSH PRIVATE KEY-----\ny\n-----END OPENSSH PRIVATE KEY-----');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Credential ops was replaced.').waitFor();
    await page.locator('.credential-ended').waitFor({ state: 'detached' });
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage }));
    assert.doesNotMatch(kept, /correct horse/);
  });
});
