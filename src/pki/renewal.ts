/** From when to when a certificate is valid. */
export interface Life {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const dayMs = 86_400_000;
const nearDays = 90;

/**
 * Whether a certificate is so near its end that it is made anew, or warned of where that cannot be: less than 90 days, of a shorter life less than
 * a third.
 */
export function isNearEnd({ notBefore, notAfter }: Life, now = new Date()): boolean {
  const threshold = Math.min(nearDays * dayMs, (notAfter.getTime() - notBefore.getTime()) / 3);
  return notAfter.getTime() - now.getTime() < threshold;
}
