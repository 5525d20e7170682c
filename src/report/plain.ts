import type { CheckResult, RunEvent } from '../engine/events.ts';
import { changeText } from './change-text.ts';
import { openErrorDesk } from './error-desk.ts';
import { withoutHost } from './failures.ts';
import { renderNetworkTest } from './network-test.ts';
import { openNews } from './news.ts';
import { planTotal } from './plan.ts';
import type { Reporter, ReporterSettings } from './reporter.ts';
import { openSink } from './sink.ts';
import { openStyle } from './style.ts';
import type { Style } from './style.ts';
import { summaryText } from './summary.ts';
import { endsWithPlan, openTally } from './tally.ts';
import type { Tally } from './tally.ts';
import { count, duration, hostName, oneLine, safe } from './words.ts';

/** One line for each event worth telling, with the time since the start; no colours, no control characters. Errors go to `err`. */
export function openPlain(settings: ReporterSettings): Reporter {
  const style = openStyle({ color: false, unicode: settings.unicode, columns: Infinity });
  const [out, err] = [openSink(settings.out, settings), openSink(settings.err, settings)];
  const begun = settings.now();
  const tally = openTally(settings.now);
  const errors = openErrorDesk({ style, log: settings.log });
  const isNews = openNews();
  return {
    emit: (event) => {
      tally.see(event);
      errors.see(event);
      const news = isNews(event);
      const line =
        settings.verbose || event.type !== 'progress' || news ? eventText(event, settings, style) : undefined;
      if (line !== undefined) out.write(`[${((settings.now() - begun) / 1000).toFixed(1).padStart(6)} s] ${line}\n`);
      if (event.type === 'change' && settings.diff && event.diff !== undefined) out.write(diffText(event.diff));
      if (event.type === 'network-test') out.write(`\n${renderNetworkTest(event.test, style)}\n\n`);
      if (event.type === 'stage-end' || event.type === 'error' || event.type === 'summary') err.write(errors.take());
      if (event.type === 'summary') out.write(endText(tally, settings, style));
    },
    end: async () => {
      err.write(errors.take());
      await Promise.all([out.flush(), err.flush()]);
    },
  };
}

function eventText(event: RunEvent, settings: ReporterSettings, style: Style): string | undefined {
  switch (event.type) {
    case 'run-start':
      return `${oneLine(event.command)} ${oneLine(event.cluster)}: ${count(event.hosts.length, 'host')}`;
    case 'run-stages':
    case 'status':
    case 'certificates':
    case 'network-status':
    case 'network-test':
    case 'plan':
    case 'explanation':
      return undefined;
    case 'warning':
      return `WARNING ${event.host === undefined ? '' : `${hostName(event.host)}: `}${oneLine(event.text)}`;
    case 'note':
      return `NOTE ${safe(event.text).trim()}`;
    case 'check':
      return checkText(event.check);
    case 'stage-start':
      return `${event.stage}: ${oneLine(event.title)}${event.hosts.length === 0 ? '' : `, ${count(event.hosts.length, 'host')}`}`;
    case 'stage-end':
      return `${event.stage}: ${event.ok ? 'done' : 'FAILED'}, ${event.changed} changed, ${duration(event.durationMs)}`;
    case 'change':
    case 'pending':
    case 'progress':
    case 'host-done':
    case 'host-failed':
    case 'looked':
    case 'step-start':
    case 'applied': {
      const text = hostText(event, settings.verbose, style);
      return text === undefined ? undefined : `${event.stage} ${hostName(event.host)}: ${text}`;
    }
    case 'error':
    case 'summary':
      return undefined;
  }
}

type HostEvent = Exclude<Extract<RunEvent, { host: string; stage: string }>, { type: 'warning' }>;

function hostText(event: HostEvent, verbose: boolean, style: Style): string | undefined {
  switch (event.type) {
    case 'change':
      return `${oneLine(event.resource)} ${event.changes.map((change) => changeText(change, style)).join(', ')}`;
    case 'pending':
      return `${oneLine(event.resource)} known after apply: ${oneLine(event.reason)}`;
    case 'progress':
      return oneLine(event.text);
    case 'host-done':
      if (event.changed === 0 && !verbose) return undefined;
      return `done, ${event.changed} changed, ${duration(event.durationMs)}`;
    case 'host-failed':
      return `FAILED ${event.error.code} ${oneLine(withoutHost(event))}`;
    case 'step-start':
      return verbose ? `step ${oneLine(event.step)}` : undefined;
    case 'looked':
      return verbose ? `looked at in ${duration(event.durationMs)}` : undefined;
    case 'applied':
      return verbose ? `${oneLine(event.resource)} applied in ${duration(event.durationMs)}` : undefined;
  }
}

function checkText({ name, ok, skipped, result, durationMs, cause, why = '', fix = '' }: CheckResult): string {
  const verdict = skipped === true ? 'skipped' : ok ? 'ok' : 'FAILED';
  const likely = cause === undefined ? '' : `; likely cause: ${oneLine(why)} (${oneLine(cause)}); fix: ${oneLine(fix)}`;
  return `check ${oneLine(name)}: ${verdict}, ${oneLine(result)} (${duration(durationMs)})${likely}`;
}

function diffText(diff: string): string {
  return diff === '' ? '' : `${safe(diff).trimEnd()}\n`;
}

function endText(tally: Tally, settings: ReporterSettings, style: Style): string {
  const summary = tally.summary();
  const plan = endsWithPlan(tally, summary.ok) ? `${planTotal(tally.plan, style)}\n` : '';
  if (plan !== '' && summary.ok) return plan;
  return `${plan}${summaryText(tally, { style, verbose: settings.verbose })}\n`;
}
