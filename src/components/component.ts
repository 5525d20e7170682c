import type { Facts } from '../host/facts/model.ts';
import type { Host, Inventory } from '../inventory/model.ts';
import type { Explanation } from '../resources/define.ts';
import type { Sh } from '../shell/sh.ts';

/** A text file of a component. */
export interface ComponentFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  /** True for anything that holds a secret: never shown, never logged. */
  readonly secret?: boolean;
}

/** All that makes one systemd service of a component on one host: plain data, made by pure functions. */
export interface Component {
  /** For example `etcd.service`. */
  readonly unit: string;
  /** The unit file's text. */
  readonly text: string;
  readonly files: readonly ComponentFile[];
  /** Directories that must be there, with their mode. What lies in them is the component's own, unless `data` is false. */
  readonly directories: readonly { readonly path: string; readonly mode: number; readonly data?: boolean }[];
  /** Files whose change needs a restart: binary, configuration, CA certificates; the unit file itself is always one. */
  readonly inputs: readonly string[];
  /** Exits 0 when the component answers on its own health endpoint; prints the reason otherwise. */
  /** What a restart interrupts, and what goes on: for the plan. */
  readonly interrupts: string;
  readonly explanation: Explanation;
  readonly health: Sh;
  readonly healthTimeoutSeconds: number;
}

/** How a component of one host is made: pure, so that a stage may call it as often as it likes. */
export type MakeComponent = (inventory: Inventory, host: Host, facts: Facts) => Component;
