/** The parts of a list as Kubernetes' flags have it: `10.244.0.0/16,fd00::/56`. */
export function splitList(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}
