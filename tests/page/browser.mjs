// SPDX-License-Identifier: MIT
// The browser for the flow tests: Debian's Chromium driven by playwright-core. Where either is missing the tests are
// skipped and say so. Every page collects what must never happen: script errors and policy violations.

import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const chromiumPath = process.env.OMSERVER_CHROMIUM || '/usr/bin/chromium';
export const artefacts = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../artefacts/page');

async function driver() {
  if (!existsSync(chromiumPath)) return { missing: `${chromiumPath} is not installed` };
  try {
    return await import('playwright-core');
  } catch {
    return { missing: 'playwright-core is not installed (npm ci in tests/)' };
  }
}

const found = await driver();

/** For node's test runner: false, or why browser tests are skipped. In CI nothing is skipped. */
export const skip = found.missing && process.env.CI !== 'true' ? found.missing : false;

export async function launch() {
  if (found.missing) throw new Error(found.missing);
  return found.chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** A page of its own context. page.faults holds script errors and policy violations so far. */
export async function openPage(browser, { width = 1440, height = 900, theme = 'light', language = 'en-US', touch = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: language, hasTouch: touch, reducedMotion: 'reduce', timezoneId: 'Asia/Shanghai' });
  context.setDefaultTimeout(30000);
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(text)) page.faults.push(`console: ${text}`);
  });
  return page;
}

export async function shot(page, name) {
  mkdirSync(artefacts, { recursive: true });
  await page.screenshot({ path: path.join(artefacts, `${name}.png`) });
}
