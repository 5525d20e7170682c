/** Begins a line by which a script says what it had to leave on a host although it did its work; people are told the rest of the line. */
export const leftMark = 'k8sup-left: ';
