/** What programs print. */

/** What a program prints goes to standard error: standard output is for the format. */
export function divertPrinting(): () => void {
  const { stdout, stderr } = process;
  const { write } = stdout;
  stdout.write = stderr.write.bind(stderr) as typeof write;
  return () => {
    stdout.write = write;
  };
}

/** What a program that is run again and again prints is of no use to anybody. */
export function withholdPrinting(): () => void {
  const { stdout } = process;
  const { write } = stdout;
  const { error, info, log, warn } = console;
  const nothing = (): void => {};
  Object.assign(console, { error: nothing, info: nothing, log: nothing, warn: nothing });
  stdout.write = (() => true) as typeof write;
  return () => {
    Object.assign(console, { error, info, log, warn });
    stdout.write = write;
  };
}
