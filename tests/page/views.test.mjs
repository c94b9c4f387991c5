// SPDX-License-Identifier: MIT
// Every view at every width, in both themes and both languages: nothing sticks out sideways, every control has a name,
// the script and the policy are content. The pictures are kept in tests/artefacts/page for a person to look at.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launch, openPage, shot, skip } from './browser.mjs';
import { startMock } from './mock_server.mjs';

const widths = [[1440, 900], [1024, 768], [768, 1024], [360, 740], [320, 640]];
const looks = [['light', 'en-US'], ['dark', 'zh-CN']];

/** Elements that reach past the viewport's right edge though nothing around them scrolls or clips. */
function stickingOut() {
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || box.right <= innerWidth + 1) continue;
    let clipped = false;
    for (let parent = element; parent && parent !== document.body; parent = parent.parentElement) {
      if (getComputedStyle(parent).overflowX !== 'visible' && parent.getBoundingClientRect().right <= innerWidth + 1) clipped = true;
    }
    if (!clipped) found.push(element.className || element.tagName);
  }
  const main = document.querySelector('main');
  if (main.scrollWidth > main.clientWidth + 1) found.push(`main scrolls sideways: ${main.scrollWidth} > ${main.clientWidth}`);
  return found;
}

function nameless() {
  const named = (element) => element.getAttribute('aria-label') || element.getAttribute('aria-labelledby') || element.labels?.length || element.textContent.trim() || element.title;
  return [...document.querySelectorAll('button, a[href], input, select, textarea, [role=listbox], [role=dialog], [role=separator]')]
    .filter((element) => element.checkVisibility() && !named(element)).map((element) => element.outerHTML.slice(0, 120));
}

describe('views', { skip }, () => {
  let browser;
  let mock;
  before(async () => {
    browser = await launch();
    mock = await startMock({ open: true, hosts: 120, stepMs: 5 });
    const names = mock.state.hostList.map((host) => host.name);
    for (const [id, count, parameter] of [[1003, 3, ''], [1001, 80, '50'], [1007, 16, 'nginx'], [1006, 40, 'nginx'], [1001, 118, '20']]) {
      mock.state.start({ module: id, select: { hosts: names.slice(0, count) }, parameters: { sys_param_1: parameter } });
    }
    const some = { select: { hosts: names.slice(0, 60) }, parameters: { sys_param_1: '50' } };
    mock.state.start({ ...some, kind: 'check' });
    mock.state.start({ ...some, kind: 'fetch', fetch: { source: '/var/log/syslog' } });
    mock.state.start({ ...some, module: 1001, batches: { size: '25%', canary: 2, max_failed: '2' } });
    for (let i = 0; i < 200 && mock.state.runs.some((run) => run.head.state !== 'finished'); i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    mock.state.start({ ...some, module: 1001, batches: { size: '25%', canary: 2, pause: 'after_each' } });
    const copy = mock.state.start({ ...some, kind: 'copy', copy: { source: 'app.tar', destination: '/opt/app.tar', mode: '0644' } });
    for (let i = 0; i < 200 && !(mock.state.runs.at(-2).head.state === 'paused' && copy.targets.some((target) => target.progress?.done > 2e7)); i += 1) await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(copy.timer);
  });
  after(async () => {
    await browser?.close();
    await mock?.close();
  });

  for (const [theme, language] of looks) {
    for (const [width, height] of widths) {
      test(`${width} px, ${theme}, ${language}`, async () => {
        const page = await openPage(browser, { width, height, theme, language, touch: width < 800 });
        const narrow = width < 900;
        const look = async (name) => {
          await page.waitForTimeout(120);
          assert.deepEqual(await page.evaluate(stickingOut), [], `${name}: sticks out`);
          assert.deepEqual(await page.evaluate(nameless), [], `${name}: controls without a name`);
          await shot(page, `${name}-${width}-${theme}-${language.slice(0, 2)}`);
        };
        await page.goto(mock.url);
        await page.locator('.recent-runs .run-row').first().waitFor();
        await look('console-empty');
        if (narrow) await page.locator('.choose-hosts').click();
        await page.locator('.listbox-apps .option').first().waitFor();
        await page.locator('.listbox-apps .option').nth(1).click();
        await page.locator('.chip').first().waitFor({ state: 'attached' });
        if (narrow) {
          await look('console-sheet');
          await page.locator('.picker-head .primary').click();
        }
        await page.locator('.listbox-side .option').first().click();
        await page.locator('.preview-line:not(.dim)').waitFor();
        await page.locator('.preview-more summary').click();
        await look('console-ready');
        await page.locator('.batches summary').click();
        await page.locator('[name=size]').fill('25%');
        await look('console-batches');
        await page.locator('.choice input[value=copy]').check();
        await page.locator('.listbox-side .option').first().click();
        await look('console-copy');
        await page.locator('.choice input[value=fetch]').check();
        await look('console-fetch');
        for (const id of [1, 2, 6, 7, 8, 9, 10]) {
          await page.goto(`${mock.url}/runs/${id}`);
          await page.locator('.target').first().waitFor();
          await look(`run-${id}`);
        }
        await page.goto(`${mock.url}/runs/2`);
        await page.locator('.toggle.outcome-failed').click();
        await page.locator('.target-fold').first().click();
        await page.locator('.target-open').first().click();
        await page.locator('.drawer .line').first().waitFor();
        await look('run-drawer');
        for (const view of ['runs', 'hosts', 'host-keys', 'files', 'modules', 'settings']) {
          await page.goto(`${mock.url}/${view}`);
          await page.locator('.run-row, .host-rows .host-row, .key-changed, .file-row, .module-card, .credentials li').first().waitFor();
          await look(view);
        }
        await page.goto(`${mock.url}/hosts`);
        await page.locator('.page-buttons .primary').click();
        await page.locator('dialog[open]').waitFor();
        await look('dialog-host');
        await page.goto(`${mock.url}/host-keys`);
        await page.locator('.tick-all input').check();
        await page.locator('.key-section .primary').click();
        await page.locator('dialog[open]').waitFor();
        await look('dialog-host-keys');
        await page.goto(`${mock.url}/sign-in`);
        await page.locator('#sign-in form').waitFor();
        await page.waitForTimeout(80);
        await shot(page, `sign-in-${width}-${theme}-${language.slice(0, 2)}`);
        assert.deepEqual(page.faults, []);
        await page.context().close();
      });
    }
  }
});
