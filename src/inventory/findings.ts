import type { PositionedDocument } from './read-yaml.ts';
import { formatPath, startsWith } from './path.ts';
import type { Path } from './path.ts';
import type { Problem } from './problem.ts';
import type { ClusterInput, HostInput, JumpHostInput, SshInput } from './schema.ts';

/** What a check has found. */
export interface Finding {
  readonly code: string;
  readonly path: Path;
  readonly message: string;
  readonly fix?: string;
  /** `error` unless said otherwise. */
  readonly severity?: Problem['severity'];
  /** Other values that the finding rests on: it is left out where one of them is a mistake already reported. */
  readonly basedOn?: readonly Path[];
  /** The key that an unknown one was most likely meant to be. */
  readonly meant?: Path;
  /** Point at the key instead of the value. */
  readonly atKey?: boolean;
}

export type Report = (finding: Finding) => void;

/** The readable part of an inventory: what the schema refused is left out, and `broken` says what that was. */
export interface Draft {
  readonly cluster: ClusterInput;
  readonly ssh: SshInput;
  readonly jumpHosts: readonly JumpHostInput[];
  readonly hosts: readonly DraftHost[];
  /** The inventory has one host alone, counting those that cannot be read. */
  readonly onlyHost: boolean;
  /** False where hosts run containers without Kubernetes. */
  readonly kubernetes: boolean;
  readonly broken: readonly Path[];
}

export interface DraftHost {
  /** Index in the file. */
  readonly index: number;
  readonly host: HostInput;
}

/** Collects findings as positioned problems, in the order of the file. */
export class Findings {
  readonly #document: PositionedDocument;
  readonly #broken: readonly Path[];
  readonly #problems: Problem[] = [];

  constructor(document: PositionedDocument, broken: readonly Path[]) {
    this.#document = document;
    this.#broken = broken;
  }

  readonly report: Report = (finding) => {
    const rests = [finding.path, ...(finding.basedOn ?? [])];
    if (rests.some((path) => this.#broken.some((broken) => startsWith(path, broken)))) return;
    this.#problems.push(toProblem(finding, this.#document));
  };

  get problems(): readonly Problem[] {
    return this.#problems;
  }
}

export function toProblem(finding: Finding, document: PositionedDocument): Problem {
  const { path, atKey, code, message, fix } = finding;
  return {
    severity: finding.severity ?? 'error',
    code,
    path: formatPath(path),
    position: atKey === true ? document.keyPosition(path) : document.position(path),
    message,
    ...(fix === undefined ? {} : { fix }),
  };
}

/** Problems in the order of the file. */
export function inFileOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
}
