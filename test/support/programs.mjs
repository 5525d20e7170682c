// Plain JavaScript: test/run.mjs runs it without a build.
import { spawn } from 'node:child_process';

/** How long what a dead program left behind may hold its output open. */
const graceMs = 5_000;

/**
 * Runs a program; `print` gets its output, standard error too.
 *
 * @returns its exit status; undefined where a signal ended it or it could not be started.
 */
export function runProgram(words, options, print) {
  const [file, ...args] = words;
  return new Promise((settle) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const streams = [child.stdout, child.stderr];
    for (const stream of streams) stream.setEncoding('utf8').on('data', print);
    child.once('error', (error) => {
      print(`${String(error)}\n`);
      settle(undefined);
    });
    child.once('exit', (status) => {
      const late = setTimeout(() => streams.forEach((stream) => stream.destroy()), graceMs);
      child.once('close', () => {
        clearTimeout(late);
        settle(status ?? undefined);
      });
    });
  });
}

/** Passes whole lines on, so that what others print meanwhile stands between lines. */
export function wholeLines(print) {
  let rest = '';
  return {
    write: (text) => {
      const end = (rest + text).lastIndexOf('\n') + 1;
      const all = rest + text;
      if (end > 0) print(all.slice(0, end));
      rest = all.slice(end);
    },
    end: () => {
      if (rest !== '') print(`${rest}\n`);
      rest = '';
    },
  };
}

/** Keeps what is printed until it ends. */
export function inOnePiece(print) {
  let all = '';
  return {
    write: (text) => void (all += text),
    end: () => print(all.endsWith('\n') || all === '' ? all : `${all}\n`),
  };
}
