import { causeOf } from '../../causes/causes.ts';
import type { ErrorJson, EventLine } from '../../engine/events.ts';
import { byteCount, count, duration, hostName } from '../words.ts';
import { changeList } from './changes.ts';
import { html, joined, nothing } from './markup.ts';
import type { Markup } from './markup.ts';
import { runModel } from './model.ts';
import type { RunModel } from './model.ts';
import { clusterPicture } from './picture.ts';
import { styleSheet } from './style-sheet.ts';
import { timeline } from './timeline.ts';

/**
 * One HTML page of a run that needs nothing but itself: no script, no picture or style from elsewhere. Light or dark as the reader's system is.
 *
 * @param events - the events of a journal, in order.
 */
export function renderPage(events: readonly EventLine[]): string {
  const run = runModel(events);
  const title = `k8sup ${run.command}, ${run.cluster}, ${whenText(run.begun)}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        <style>
          ${{ markup: styleSheet }}
        </style>
      </head>
      <body>
        <header>
          <h1>
            <code>k8sup ${run.command}</code> <span class="verdict ${verdict(run).name}">${verdict(run).text}</span>
          </h1>
          <p>
            ${run.cluster}${run.outline.kubernetes === undefined ? '' : `, Kubernetes ${run.outline.kubernetes}`},
            ${whenText(run.begun)}
          </p>
        </header>
        <main>
          ${numbers(run)}
          ${section('errors', 'What failed', run.errors.length === 0 ? nothing : joined(run.errors.map(errorBlock)))}
          ${section('cluster', 'The cluster', html`${clusterPicture(run)}${legend}`)}
          ${section('timeline', 'What each host did when', timeline(run))}
          ${section('changes', run.command.startsWith('plan') ? 'What would change' : 'What was changed', changeList(run))}
          ${section('verification', 'Verification', run.checks.length === 0 ? nothing : checkTable(run))}
          ${section('warnings', 'Warnings', warningList(run))}
          ${section('notes', 'To know and to do', joined(run.notes.map((note) => html`<pre>${note}</pre>`)))}
          ${section('steps', 'Slowest steps', stepTable(run))}
        </main>
      </body>
    </html> `;
  return page.markup;
}

function section(id: string, title: string, content: Markup): Markup {
  return content.markup === ''
    ? nothing
    : html`<section id="${id}">
        <h2>${title}</h2>
        ${content}
      </section>`;
}

function verdict({ ended, summary }: RunModel): { readonly name: string; readonly text: string } {
  if (!ended) return { name: 'broken', text: 'did not end' };
  return summary.ok ? { name: 'good', text: 'done' } : { name: 'bad', text: 'failed' };
}

function numbers({ summary, durationMs }: RunModel): Markup {
  const cards: readonly (readonly [string, string])[] = [
    [duration(summary.durationMs > 0 ? summary.durationMs : durationMs), 'in all'],
    [String(summary.hosts), summary.hosts === 1 ? 'host' : 'hosts'],
    [String(summary.changed), 'changed'],
    [String(summary.restarted), 'restarted'],
    [String(summary.failed), 'failed'],
    [byteCount(summary.bytesSent), 'sent'],
  ];
  return html`<ul class="cards">
    ${joined(cards.map(([value, name]) => html`<li><b>${value}</b> ${name}</li>`))}
  </ul>`;
}

const legend = html`<p class="legend">
  <i class="changed"></i> changed <i class="same"></i> nothing to change <i class="failed"></i> failed
  <i class="left-out"></i> left out
</p>`;

function errorBlock(error: ErrorJson): Markup {
  const why = error.why ?? error.stack;
  const likely = error.cause === undefined ? undefined : causeOf(error.cause);
  return html`<article class="error">
    <h3><code>${error.code}</code> ${error.message}</h3>
    ${why === undefined || why === '' ? nothing : html`<pre>${why}</pre>`}${
      likely === undefined
        ? nothing
        : html`<p><b>Likely cause:</b> ${likely.cause} (${likely.code}).</p>
            <p><b>Fix:</b> ${likely.fix}</p>`
    }${error.fix === undefined ? nothing : html`<p><b>${likely === undefined ? 'Fix:' : 'If it is not that:'}</b> ${error.fix}</p>`}
  </article>`;
}

function checkTable({ checks }: RunModel): Markup {
  const failed = checks.filter(({ ok }) => !ok).length;
  const rows = checks.map(({ name, tried, result, ok, skipped, durationMs, cause, why, fix }) => {
    const [sign, state] = skipped === true ? ['–', 'skipped'] : ok ? ['✔', 'good'] : ['✖', 'bad'];
    return html`<tr class="${state}">
      <td class="sign">${sign}</td>
      <td>${name}</td>
      <td>${tried}</td>
      <td>
        ${result}${
          cause === undefined
            ? nothing
            : html`<p><b>Likely cause:</b> ${why ?? ''} (${cause}).</p>
                <p><b>Fix:</b> ${fix ?? ''}</p>`
        }
      </td>
      <td class="number">${duration(durationMs)}</td>
    </tr> `;
  });
  return html`<p>${checks.length - failed} of ${count(checks.length, 'check')} without a failure.</p>
    <table>
      <thead>
        <tr>
          <th></th>
          <th>check</th>
          <th>tried</th>
          <th>result</th>
          <th>time</th>
        </tr>
      </thead>
      <tbody>
        ${joined(rows)}
      </tbody>
    </table>`;
}

function warningList({ warnings }: RunModel): Markup {
  if (warnings.length === 0) return nothing;
  const items = warnings.map(
    ({ host, text }) => html`<li>${host === undefined ? '' : `${hostName(host)}: `}${text}</li>`,
  );
  return html`<ul>
    ${joined(items)}
  </ul>`;
}

function stepTable({ steps }: RunModel): Markup {
  const slowest = [...steps].sort((a, b) => b.durationMs - a.durationMs).slice(0, 10);
  if (slowest.length === 0) return nothing;
  const rows = slowest.map(
    ({ stage, step, durationMs }) =>
      html`<tr>
        <td class="number">${duration(durationMs)}</td>
        <td>${stage}</td>
        <td>${step}</td>
      </tr>`,
  );
  return html`<table>
    <tbody>
      ${joined(rows)}
    </tbody>
  </table>`;
}

function whenText(date: Date): string {
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
