import { clusterTarget } from '../engine/events.ts';
import { escapeControl } from '../shell/escape.ts';
import { redact } from './redact.ts';
import type { Style } from './style.ts';
import { textWidth } from './width.ts';

/** A time span for people: `2.1 s`, `3 min 5 s`, `1 h 2 min`. */
export function duration(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A number of bytes for people, in binary units. */
export function byteCount(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const exponent = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** exponent;
  return `${exponent === 0 ? String(value) : value.toFixed(1)} ${units[exponent] ?? 'B'}`;
}

/** A number with its noun: `1 host`, `3 hosts`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Host names as a list of at most `room` columns: what does not fit is counted. */
export function hostList(hosts: readonly string[], room: number): string {
  const names = hosts.map(hostName);
  let fitting = names.length;
  for (;;) {
    const rest = names.length - fitting;
    const text = names.slice(0, fitting).join(', ') + (rest === 0 ? '' : ` and ${rest} more`);
    if (fitting <= 1 || textWidth(text) <= room) return text;
    fitting -= 1;
  }
}

/** A host's name as people see it. */
export function hostName(host: string): string {
  return host === clusterTarget ? 'cluster' : host;
}

/** A warning as people see it, on one line. */
export function warningLine(warning: { readonly host?: string; readonly text: string }, style: Style): string {
  const host = warning.host === undefined ? '' : `${hostName(warning.host)}: `;
  return `${style.colors.yellow(style.symbols.warning)} ${host}${oneLine(warning.text)}`;
}

/** Text from anywhere made safe for a terminal: secrets taken out, control characters written as `\xNN`; lines stay lines. */
export function safe(text: string): string {
  return escapeControl(redact(text).replaceAll('\r\n', '\n')).replaceAll('\t', '    ');
}

/** {@link safe} text on one line. */
export function oneLine(text: string): string {
  return safe(text)
    .trim()
    .replace(/\s*\n\s*/g, ' ');
}
