import { eventVersion } from '../engine/events.ts';
import type { RunEvent } from '../engine/events.ts';
import { redactEvent } from './redact.ts';

/** An event as one line of JSON with `v`, the version of the format, and `at`, its time in ISO 8601; the line ends with a newline and holds no other control character. */
export function eventLine(event: RunEvent, at: Date): string {
  const json = JSON.stringify({ v: eventVersion, at: at.toISOString(), ...redactEvent(event) });
  // JSON leaves these as they are, yet terminals obey some and line readers split at others.
  return `${json.replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escapeUnit)}\n`;
}

function escapeUnit(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
