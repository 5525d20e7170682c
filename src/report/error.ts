import { causeOf } from '../causes/causes.ts';
import type { KnownCause } from '../causes/known-cause.ts';
import { likelyCauseOf } from '../causes/of-error.ts';
import { exitCodes, K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { ErrorJson } from '../engine/events.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';
import { safe } from './words.ts';

export interface ErrorOptions {
  readonly style: Style;
  /** Path of the run's log; the error's own wins. */
  readonly log?: string;
  /** Shows the causes of an error below it. */
  readonly verbose?: boolean;
}

/**
 * An error for people: what happened, why, how to fix it, where the log is. What is no K8supError is a defect of k8sup and is shown with its stack.
 * The text ends without a newline.
 */
export function renderError(error: unknown, options: ErrorOptions): string {
  if (!(error instanceof K8supError)) return renderBug(error, options);
  const { code, message, why, fix, stage, step, log = options.log } = error;
  const causes = options.verbose === true ? causesOf(error) : [];
  return renderBlock(
    { code, message, why, fix, stage, step, log, causes, likely: likelyCauseOf(error) },
    options.style,
  );
}

/** An error as events carry it, drawn as {@link renderError} does. */
export function renderErrorJson(error: ErrorJson, options: ErrorOptions): string {
  const { code, message, why, fix, stage, step } = error;
  const likely = error.cause === undefined ? undefined : causeOf(error.cause);
  if (code !== bugCode)
    return renderBlock({ code, message, why, fix, stage, step, log: options.log, likely }, options.style);
  return renderBlock({ code, message, why: error.stack, fix: bugFix, log: options.log }, options.style);
}

/** Where the whole story of a run is. */
export function logLine(log: string, { colors }: Style): string {
  return `  ${colors.dim('Log:')} ${safe(log)}`;
}

/** The exit code that belongs to what was thrown. */
export function exitCodeOf(error: unknown): number {
  return error instanceof K8supError ? error.exitCode : exitCodes.bug;
}

/** The code of anything that is no K8supError. */
const bugCode = 'BUG';
const bugFix = 'this is a defect of k8sup: please report it with these lines and the log';

interface Block {
  readonly code: string;
  readonly message: string;
  readonly why?: string | undefined;
  readonly fix?: string | undefined;
  readonly stage?: string | undefined;
  readonly step?: string | undefined;
  readonly log?: string | undefined;
  readonly causes?: readonly string[];
  readonly likely?: KnownCause | undefined;
}

function renderBlock(block: Block, style: Style): string {
  const { colors, symbols } = style;
  const { likely } = block;
  const head = `${colors.red(symbols.failed)} ${colors.bold(colors.red(block.code))}  ${indented(block.message)}`;
  return [
    head,
    ...(block.why === undefined || block.why === '' ? [] : [`  ${indented(aligned(safe(block.why)))}`]),
    ...(block.step === undefined ? [] : [`  ${colors.dim('In:')} ${indented(`${block.stage ?? ''} ${block.step}`)}`]),
    ...(block.causes ?? []).map((cause) => `  ${colors.dim('Cause:')} ${indented(cause)}`),
    ...(likely === undefined
      ? []
      : [
          `  ${colors.bold('Likely cause:')} ${likely.cause} (${likely.code})`,
          `  ${colors.green('Fix:')} ${indented(likely.fix)}`,
        ]),
    ...(block.fix === undefined
      ? []
      : [`  ${colors.green(likely === undefined ? 'Fix:' : 'If it is not that:')} ${indented(block.fix)}`]),
    ...(block.log === undefined ? [] : [logLine(block.log, style)]),
  ].join('\n');
}

function renderBug(error: unknown, options: ErrorOptions): string {
  const stack = error instanceof Error ? error.stack?.split('\n').slice(1).join('\n') : undefined;
  const frames = stack?.replaceAll(/^\s+at /gm, 'at ');
  const block = { code: bugCode, message: messageOf(error), why: frames, fix: bugFix, log: options.log };
  return renderBlock({ ...block, causes: causesOf(error) }, options.style);
}

/** Problems of a file (`FILE:LINE:COLUMN: TEXT`, with indented lines that belong to the one above) get two columns; other text stays as it is. */
function aligned(why: string): string {
  const lines = why.trimEnd().split('\n');
  const rows = lines.map((line): readonly [string, string] | undefined => {
    const [, place, text] = /^(\S.*?:\d+:\d+): (.*)$/.exec(line) ?? [];
    if (place !== undefined && text !== undefined) return [place, text];
    return line.startsWith('  ') ? ['', line.trim()] : undefined;
  });
  const problems = rows.filter((row) => row !== undefined);
  const isList = problems.length === lines.length && problems[0]?.[0] !== '';
  return isList ? table(problems, { columns: Infinity }) : lines.join('\n');
}

function causesOf(error: unknown): readonly string[] {
  const causes: string[] = [];
  let current = error instanceof Error ? error.cause : undefined;
  // A chain of causes may be a ring.
  while (current !== undefined && causes.length < 5) {
    causes.push(messageOf(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return causes;
}

function indented(text: string): string {
  return safe(text).trim().split('\n').join('\n  ');
}
