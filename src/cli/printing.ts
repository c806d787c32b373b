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
