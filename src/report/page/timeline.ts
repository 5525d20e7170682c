import { duration, hostName } from '../words.ts';
import { html, joined } from './markup.ts';
import type { Markup } from './markup.ts';
import type { HostModel, RunModel, Span } from './model.ts';

/** What each host did when: a row for each, the stages above them. */
export function timeline(run: RunModel): Markup {
  const total = Math.max(1, run.durationMs);
  const percent = (ms: number): string => ((ms / total) * 100).toFixed(3);
  const bands = run.stages.map(
    ({ id, title, fromMs, toMs, ok, changed }, index) =>
      html`<i
        class="band s${index % stageColors}${ok ? '' : ' bad'}"
        style="left:${percent(fromMs)}%;width:${percent(toMs - fromMs)}%"
        title="${id} ${title}: ${duration(toMs - fromMs)}, ${changed} changed"
        ><b>${id}</b></i
      >`,
  );
  const ticks = ticksOf(total).map((ms) => html`<i class="tick" style="left:${percent(ms)}%">${tickText(ms)}</i>`);
  const colors = new Map(run.stages.map(({ id }, index) => [id, index % stageColors]));
  const row = (host: HostModel): Markup => {
    const spans = host.spans.map(
      (span) =>
        html`<i
          class="${classOf(span, colors)}"
          style="left:${percent(span.fromMs)}%;width:${percent(span.toMs - span.fromMs)}%"
          title="${tellSpan(span)}"
        ></i>`,
    );
    return html`<div class="row">
      <span class="who ${host.state.replace(' ', '-')}" title="${hostName(host.name)}: ${host.state}"
        >${hostName(host.name)}</span
      >
      <div class="track">${joined(spans)}</div>
    </div> `;
  };
  const rows = run.hosts.filter(({ spans }) => spans.length > 0).map(row);
  return html`<div class="timeline">
    <div class="row axis">
      <span class="who"></span>
      <div class="track">${joined(ticks)}</div>
    </div>
    <div class="row stages">
      <span class="who">stages</span>
      <div class="track">${joined(bands)}</div>
    </div>
    ${joined(rows)}
  </div>`;
}

/** Colours that the style sheet has. */
const stageColors = 8;

function classOf(span: Span, colors: ReadonlyMap<string, number>): string {
  if (span.kind === 'failed') return 'failed';
  const color = `s${colors.get(span.stage) ?? 0}`;
  return span.kind === 'look' ? `look ${color}` : color;
}

function tellSpan({ kind, stage, step, fromMs, toMs }: Span): string {
  const what = kind === 'look' ? 'looked at' : step;
  return `${stage} ${what}${kind === 'failed' ? ' FAILED' : ''}: ${duration(toMs - fromMs)}, from ${duration(fromMs)}`;
}

/** About six round times. */
function ticksOf(total: number): readonly number[] {
  const step = tickSteps.find((ms) => total / ms <= 7) ?? 3_600_000;
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => index * step);
}

const tickSteps = [100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000];

function tickText(ms: number): string {
  if (ms < 1000 && ms > 0) return `${ms} ms`;
  const seconds = ms / 1000;
  return seconds < 60
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;
}
