import type { RunEvent } from '../engine/events.ts';
import { renderChecks } from './checks.ts';
import { openErrorDesk } from './error-desk.ts';
import type { ErrorDesk } from './error-desk.ts';
import { renderNetworkTest } from './network-test.ts';
import { openNews } from './news.ts';
import { renderChanges, renderPlan } from './plan.ts';
import { openQueue } from './queue.ts';
import type { Queue } from './queue.ts';
import type { Reporter, ReporterSettings } from './reporter.ts';
import { openCourse } from './remaining.ts';
import type { Course } from './remaining.ts';
import { openScreenStage } from './screen-stage.ts';
import type { ScreenStage, StageEnd } from './screen-stage.ts';
import { openSink } from './sink.ts';
import type { Sink } from './sink.ts';
import { openStyle } from './style.ts';
import type { Style } from './style.ts';
import { summaryText } from './summary.ts';
import { endsWithPlan, isPlan, openTally } from './tally.ts';
import type { Tally } from './tally.ts';
import { count, duration, hostName, oneLine, safe, warningLine } from './words.ts';

/** A live view of the running stage; finished stages leave one line each, and everything else is printed between stages. */
export function openTty(settings: ReporterSettings): Reporter {
  const style = openStyle(settings);
  const screen: Screen = {
    settings,
    style,
    out: openSink(settings.out, settings),
    err: openSink(settings.err, settings),
    tally: openTally(settings.now),
    errors: openErrorDesk({ style: openStyle({ ...settings, color: settings.errColor }), log: settings.log }),
    isNews: openNews(),
    queue: openQueue(),
    course: openCourse(settings.history, settings.now),
    begun: settings.now(),
    stage: undefined,
  };
  return {
    emit: (event) => show(screen, event),
    end: async () => {
      interruptStage(screen);
      sayErrors(screen);
      await screen.queue.idle();
      await Promise.all([screen.out.flush(), screen.err.flush()]);
    },
  };
}

interface Screen {
  readonly settings: ReporterSettings;
  readonly style: Style;
  readonly out: Sink;
  readonly err: Sink;
  readonly tally: Tally;
  readonly errors: ErrorDesk;
  readonly isNews: (event: RunEvent) => boolean;
  /** A stage must have left the terminal before anything else is written. */
  readonly queue: Queue;
  readonly course: Course;
  readonly begun: number;
  stage: ScreenStage | undefined;
}

function show(screen: Screen, event: RunEvent): void {
  const { settings, style, queue } = screen;
  screen.tally.see(event);
  screen.errors.see(event);
  screen.course.see(event);
  const news = screen.isNews(event);
  screen.stage?.see(event);
  if (event.type === 'stage-start') {
    interruptStage(screen);
    const stage = openScreenStage(event, { settings, style, out: screen.out, overall: () => overallLine(screen) });
    screen.stage = stage;
    queue.add(() => stage.draw());
  } else if (event.type === 'stage-end') {
    closeStage(screen, event);
  } else if (event.type === 'error') {
    if (screen.stage === undefined) sayErrors(screen);
  } else if (event.type === 'summary') {
    interruptStage(screen);
    sayErrors(screen);
    say(screen, endText(screen));
  } else if (event.type !== 'progress' || (news && screen.stage === undefined)) {
    say(screen, lineOf(event, style));
  }
}

/** How far the run is, for the foot of the live view. */
function overallLine({ course, settings, begun }: Screen): string {
  const [place, left] = [course.place(), course.leftMs()];
  return [
    ...(place === undefined ? [] : [`stage ${place.number} of ${place.of}`]),
    `${duration(settings.now() - begun)} in all`,
    ...(left === undefined ? [] : [`about ${duration(left)} left`]),
  ].join(', ');
}

/** What is told on a line of its own, between stages. */
function lineOf(event: RunEvent, style: Style): string {
  const { colors, symbols } = style;
  if (event.type === 'run-start') {
    const about = `${oneLine(event.cluster)}, ${count(event.hosts.length, 'host')}`;
    return `${colors.bold(`k8sup ${oneLine(event.command)}`)}  ${about}`;
  }
  if (event.type === 'warning') return warningLine(event, style);
  if (event.type === 'note') return `${colors.bold(symbols.arrow)} ${safe(event.text).trim()}`;
  if (event.type === 'network-test') return `\n${renderNetworkTest(event.test, style)}\n`;
  if (event.type === 'progress') return colors.dim(`  ${hostName(event.host)}  ${oneLine(event.text)}`);
  return '';
}

function say({ queue, out }: Screen, text: string): void {
  if (text !== '') queue.add(() => out.write(`${text}\n`));
}

function sayErrors({ errors, queue, err }: Screen): void {
  const text = errors.take();
  if (text !== '') queue.add(() => err.write(text));
}

function closeStage(screen: Screen, end: StageEnd): void {
  const { stage, settings, style, tally } = screen;
  if (stage === undefined) return;
  screen.stage = undefined;
  stage.close(end);
  const details = (settings.verbose || settings.diff) && !isPlan(tally.command);
  if (details) say(screen, renderChanges(stage.plan, { style, diff: settings.diff }));
  sayErrors(screen);
}

/** A stage whose end was never told was broken off. */
function interruptStage(screen: Screen): void {
  const { stage, settings } = screen;
  if (stage === undefined) return;
  const changed = stage.plan.filter((event) => event.type === 'change').length;
  closeStage(screen, { ok: false, changed, durationMs: settings.now() - stage.begun });
}

function endText({ tally, settings, style }: Screen): string {
  const summary = tally.summary();
  const plan = endsWithPlan(tally, summary.ok) ? ['', renderPlan(tally.plan, { style, diff: settings.diff })] : [];
  if (plan.length > 0 && summary.ok) return plan.join('\n');
  return [
    ...plan,
    ...(tally.checks.length === 0 ? [] : ['', renderChecks(tally.checks, style), '']),
    summaryText(tally, { style, verbose: settings.verbose }),
  ].join('\n');
}
