/**
 * Whether kubectl would read its standard input: for a file named `-` or `/dev/stdin`, or for a container (`-i`). Nothing else may take it, since a loop
 * (`while read …`) may be reading from the same one, and since it may never end.
 */
export function readsInput(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).some((arg) => namesInput.test(arg) || forContainer.test(arg));
}

const namesInput = /^-$|^-[A-Za-z]*f=?-$|=-$|\/dev\/stdin$/;
/** `-i`, also beside other flags without a value (`-it`). */
const forContainer = /^-[qt]*i[qt]*$|^(-i|--stdin)=true$|^--stdin$/;
