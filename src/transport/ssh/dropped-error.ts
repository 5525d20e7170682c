import { K8supError } from '../../errors/k8sup-error.ts';

/** Thrown where the next attempt may well succeed: sshd takes a few logins at a time, and drops others before it says a word. */
export class DroppedError extends K8supError {}
