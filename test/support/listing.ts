/** A scenario and the transcript that a kernel gave, as lines that a person reads. */

interface Step {
  readonly thread?: string;
  readonly call: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface ScenarioLine {
  readonly name: string;
  readonly about?: string;
  readonly threads?: readonly string[];
  readonly steps: readonly Step[];
}

interface Event {
  readonly events: string;
  readonly data: number;
}

interface Result {
  readonly step: number;
  readonly after?: number;
  readonly blocked?: true;
  readonly ret?: number;
  readonly errno?: string;
  readonly events?: readonly Event[];
  readonly [field: string]: unknown;
}

export interface TranscriptLine {
  readonly name: string;
  readonly results: readonly Result[];
  readonly blocked: readonly string[];
}

const isText = (key: string, { call }: Step): boolean => key === 'data' && call !== 'epoll_ctl';

/** An argument: a descriptor by the name that the scenario gave it, everything else as it is. */
function argumentText(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `[${value.map(argumentText).join(', ')}]`;
  if (typeof value === 'object') return Object.values(value).map(argumentText).join(' ');
  return String(value).replace(/^(\$|EPOLL_CTL_)/, '');
}

function callText(step: Step): string {
  const args = Object.entries(step.args ?? {}).map(([key, value]) =>
    isText(key, step) ? JSON.stringify(value) : argumentText(value),
  );
  return `${step.call}(${args.join(', ')})`;
}

const eventText = ({ events, data }: Event): string => `${events} ${data}`;

function resultText(result: Result): string {
  if (result.blocked) return ' …';
  const { step: _step, after: _after, ret, errno, events, data, ...rest } = result;
  const words = [` = ${ret}`, errno, events && `[${events.map(eventText).join(', ')}]`];
  if (data !== undefined) words.push(JSON.stringify(data));
  for (const value of Object.values(rest)) words.push(argumentText(value));
  return words.filter((word) => word !== undefined).join(' ');
}

/**
 * A call a line. One that does not return at once ends in an ellipsis; when it does return, a line
 * begins with one.
 */
export function listing(scenario: ScenarioLine, transcript: TranscriptLine): string[] {
  const { threads = ['main'], steps } = scenario;
  const width = Math.max(...threads.map((thread) => thread.length)) + 2;
  const lines = transcript.results.map((result) => {
    const step = steps[result.step] as Step;
    const thread = threads.length === 1 ? '' : (step.thread ?? 'main').padEnd(width);
    const call = result.after === undefined ? callText(step) : `… ${step.call}`;
    return `${thread}${call}${resultText(result)}`;
  });
  for (const thread of transcript.blocked) lines.push(`${thread.padEnd(width)}sleeps at the end`);
  return lines;
}
