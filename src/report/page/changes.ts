import { restarts } from '../change-text.ts';
import type { ChangeEvent } from '../change-text.ts';
import { groupBy } from '../group-by.ts';
import { count, hostList, hostName } from '../words.ts';
import { html, joined, nothing } from './markup.ts';
import type { Markup } from './markup.ts';
import type { RunModel } from './model.ts';
import type { RunEvent } from '../../engine/events.ts';

type Entry = Extract<RunEvent, { type: 'change' | 'pending' }>;

/** Changes by stage; hosts that changed in the same way stand together, and diffs are there to be opened. */
export function changeList(run: RunModel): Markup {
  const entries = run.changes.filter((event): event is Entry => event.type === 'change' || event.type === 'pending');
  if (entries.length === 0) return html`<p>Nothing was changed.</p>`;
  const titles = new Map(run.stages.map(({ id, title }) => [id, title]));
  return joined(
    [...groupBy(entries, ({ stage }) => stage)].map(([stage, found]) => {
      const same = [...groupBy(found, whatOf).values()];
      return html`<details class="stage">
        <summary>
          <b>${stage}</b> ${titles.get(stage)} <span class="dim">${count(found.length, 'change')}</span>
        </summary>
        <table>
          ${joined(same.map(renderSame))}
        </table>
      </details> `;
    }),
  );
}

function whatOf(entry: Entry): string {
  return JSON.stringify(
    entry.type === 'change' ? [entry.resource, entry.changes, entry.diff] : [entry.resource, entry.reason],
  );
}

function renderSame(entries: readonly Entry[]): Markup {
  const [entry] = entries;
  if (entry === undefined) return nothing;
  const hosts = [...new Set(entries.map(({ host }) => host))];
  const where = html`<td class="where" title="${hosts.map(hostName).join(', ')}">${hostList(hosts, 30)}</td>`;
  if (entry.type === 'pending')
    return html`<tr>
      <td class="sign">?</td>
      <td>${entry.resource}</td>
      <td>known after apply: ${entry.reason}</td>
      ${where}
    </tr>`;
  const changes = entry.changes.map(
    ({ path, from, to, effect }) =>
      html`<div>
        <span class="dim">${path}:</span> ${from === '' ? 'none' : from} →
        ${to === '' ? 'none' : to}${effect === 'restart' || effect === 'start' ? html` <em>${effect}</em>` : nothing}
      </div>`,
  );
  return html`<tr>
    <td class="sign ${signOf(entry).name}">${signOf(entry).sign}</td>
    <td class="what">${entry.resource}</td>
    <td>${joined(changes)}${diffOf(entry)}</td>
    ${where}
  </tr> `;
}

function signOf({ changes }: ChangeEvent): { readonly sign: string; readonly name: string } {
  const effects = new Set(changes.map(({ effect }) => effect));
  if (effects.has('delete')) return { sign: '−', name: 'gone' };
  if (effects.has('create')) return { sign: '+', name: 'new' };
  return restarts(changes) ? { sign: '!', name: 'restart' } : { sign: '~', name: 'edit' };
}

function diffOf({ diff }: ChangeEvent): Markup {
  if (diff === undefined || diff.trim() === '') return nothing;
  const lines = diff
    .trimEnd()
    .split('\n')
    .map((line) => html`<span class="${lineClass(line)}">${line}</span>`);
  return html`<details>
    <summary>diff</summary>
    <pre class="diff">${joined(lines)}</pre>
  </details>`;
}

function lineClass(line: string): string {
  if (line.startsWith('+++') || line.startsWith('---')) return 'file';
  if (line.startsWith('@@')) return 'hunk';
  return line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : '';
}
