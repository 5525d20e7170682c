import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderPage } from '../../../../src/report/index.ts';
import { removeFolder } from '../../../support/remove-folder.ts';
import { failedApply } from './journals.ts';

const browsers = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'].map(
  (name) => `/usr/bin/${name}`,
);
const executablePath = browsers.find((path) => existsSync(path));
const why = executablePath === undefined ? ' (no Chromium is installed)' : '';

describe.skipIf(executablePath === undefined)(`the page of a run in a browser without a network${why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-page-'));
  const requests: string[] = [];
  const complaints: string[] = [];
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const file = join(folder, 'report.html');
    writeFileSync(file, renderPage(failedApply()));
    browser = await puppeteer.launch({
      executablePath: executablePath ?? '',
      headless: executablePath?.endsWith('shell') === true ? 'shell' : true,
      userDataDir: join(folder, 'profile'),
      // Root may not use its sandbox; the page is our own.
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    page = await browser.newPage();
    await page.setOfflineMode(true);
    page.on('request', (request) => void requests.push(request.url()));
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(String(error)));
    page.on('dialog', (dialog) => {
      complaints.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(pathToFileURL(file).href);
  });
  afterAll(async () => {
    await browser.close();
    await removeFolder(folder);
  });

  /** Evaluates an expression in the page. */
  const ask = async <T>(expression: string): Promise<T> => (await page.evaluate(expression)) as T;
  const all = (selector: string): string => `[...document.querySelectorAll(${JSON.stringify(selector)})]`;
  const texts = (selector: string): Promise<string[]> =>
    ask(`${all(selector)}.map((element) => element.textContent.replace(/\\s+/g, ' ').trim())`);

  test('asks for nothing but itself, and has nothing to complain of', () => {
    expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  test('says what was done, and how it ended', async () => {
    expect(await page.title()).toBe('k8sup apply, prod, 2026-11-20 20:31:00 UTC');
    expect(await texts('h1')).toEqual(['k8sup apply failed']);
    expect(await texts('.cards li')).toEqual(
      expect.arrayContaining(['31.4 s in all', '3 hosts', '4 changed', '1 restarted', '1 failed']),
    );
    expect((await texts('#errors article')).join()).toContain('NOT_HEALTHY h2: etcd answers was not reached');
    expect(await texts('#verification tbody tr')).toHaveLength(2);
    expect((await texts('#notes pre'))[0]).toContain('on the router: ip route');
  });

  test('draws the cluster: who is dialled, the hosts by role and how they came out, the network', async () => {
    expect(await texts('.picture .lane-title')).toEqual(['control plane (1)', 'etcd (1)', 'nodes (2)']);
    expect(await texts('.picture .bar-text')).toEqual([
      'apiserver endpoint 10.0.0.1:6443',
      'network: flannel 10.244.0.0/16',
    ]);
    expect(await texts('.picture .host.failed .name')).toEqual(['h2']);
    expect(await texts('.picture .host.left-out .name')).toEqual(['h4']);
    const outside = await ask(
      `${all('.picture rect')}.filter((box) => box.getBoundingClientRect().bottom > box.ownerSVGElement.getBoundingClientRect().bottom + 1).length`,
    );
    expect(outside).toBe(0);
  });

  test('shows what each host did when, side by side', async () => {
    expect(await texts('.timeline .who')).toEqual(['', 'stages', 'h1', 'h2', 'h3']);
    const [look, work] = await ask<readonly { readonly left: number; readonly width: number }[]>(
      `${all('.timeline .row:nth-child(3) .track i')}.map((span) => span.getBoundingClientRect().toJSON())`,
    );
    expect((work?.width ?? 0) / (look?.width ?? 1)).toBeCloseTo(7, 0);
    expect(work?.left).toBeGreaterThan(look?.left ?? Infinity);
  });

  test('opens changes and their diffs at a click', async () => {
    expect(await texts('#changes .where')).toEqual(['h1, h2', 'h1', 'h3']);
    const visible = (): Promise<boolean> => ask(`document.querySelector('.diff').checkVisibility()`);
    expect(await visible()).toBe(false);
    await page.click('#changes details > summary');
    await page.click('#changes td details > summary');
    expect(await visible()).toBe(true);
    expect(await texts('.diff .add')).toEqual(['+new: <b>2</b>']);
    expect(await texts('.diff .del')).toEqual(['-old: 1']);
  });

  test('is light or dark as the system is', async () => {
    const shades = async (scheme: 'light' | 'dark'): Promise<readonly number[]> => {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      return ask(
        `['backgroundColor', 'color'].map((name) => Number(/\\d+/.exec(getComputedStyle(document.body)[name])[0]))`,
      );
    };
    const [light, dark] = [await shades('light'), await shades('dark')];
    expect(light[0]).toBeGreaterThan(200);
    expect(light[1]).toBeLessThan(60);
    expect(dark[0]).toBeLessThan(60);
    expect(dark[1]).toBeGreaterThan(200);
  });

  test.each([360, 1400])('fits a window of %d pixels', async (width) => {
    await page.setViewport({ width, height: 900 });
    expect(await ask('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });
});
