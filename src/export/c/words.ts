/** Numbers and texts of a scenario as a C program writes them. */
import { encodeText } from '../../kernel/bytes.ts';
import * as names from '../../kernel/uapi/names.ts';
import {
  flagNames,
  type NameTable,
  signalName,
  tableOf,
  valueName,
} from '../../kernel/uapi/names.ts';
import * as poll from '../../kernel/uapi/poll.ts';
import * as signals from '../../kernel/uapi/signal.ts';
import * as sockios from '../../kernel/uapi/sockios.ts';
import * as termbits from '../../kernel/uapi/termbits.ts';

/** "A|B|0x10" as C writes it. */
export const spaced = (word: string): string => word.replaceAll('|', ' | ');

type Word = (value: number) => string;

/** A flag word by one of the functions that name it. */
const word =
  (show: Word): Word =>
  (value) =>
    spaced(show(value));

export const epollEvents: Word = word((value) => flagNames(names.epollEventNames, value));
export const pollEvents: Word = word((value) =>
  flagNames(tableOf(poll, /^POLL/, ['POLLFREE', 'POLL_BUSY_LOOP']), value),
);
export const inotifyMask: Word = word((value) => flagNames(names.inotifyMaskNames, value));
export const inotifyFlags: Word = word((value) => flagNames(names.inotifyFlagNames, value));
export const waitOptions: Word = word((value) => flagNames(names.waitOptionNames, value));
export const pidfdFlags: Word = word((value) => flagNames(names.pidfdFlagNames, value));
export const signalfdFlags: Word = word((value) => flagNames(names.signalfdFlagNames, value));

const howNames = tableOf(signals, /^SIG_(BLOCK|UNBLOCK|SETMASK)$/);
export const sigprocmaskHow = (how: number): string => valueName(howNames, how);
const actionFlags = tableOf(signals, /^SA_(?!RESTORER|UNSUPPORTED|EXPOSE)/);
export const sigactionFlags: Word = word((value) => flagNames(actionFlags, value));

const requestNames: NameTable = [
  ...names.ioctlRequestNames,
  ...tableOf(sockios, /^SIOC(ATMARK|OUTQ|OUTQNSD)$/),
];
/** An ioctl's request: an unsigned long, so an int32 without its sign. */
export const ioctlRequest = (request: number): string =>
  requestNames.find(([, value]) => value === request)?.[0] ?? `0x${(request >>> 0).toString(16)}u`;

const lflags = tableOf(termbits, /^(ISIG|ICANON|ECHO\w*|NOFLSH|TOSTOP|IEXTEN|EXTPROC)$/);
const iflags = tableOf(
  termbits,
  /^(IGN\w*|BRKINT|PARMRK|INPCK|ISTRIP|IN?LCR|IUCLC|ICRNL|IX\w*|I\w*)$/,
  ['ISIG', 'ICANON', 'IEXTEN'],
);
const oflags = tableOf(termbits, /^(OPOST|OLCUC|ONLCR|OCRNL|ONOCR|ONLRET|OFILL|OFDEL|XTABS)$/);

export const terminalFlags: Readonly<Record<'iflag' | 'oflag' | 'lflag', Word>> = {
  iflag: word((value) => flagNames(iflags, value)),
  oflag: word((value) => flagNames(oflags, value)),
  lflag: word((value) => flagNames(lflags, value)),
};

/** Real-time signals have other numbers in C's library, which keeps two for itself. */
export const signal = (value: number): string => (value < 32 ? signalName(value) : String(value));

/** An int; what it cannot hold goes through as the same 32 bits. */
export const int = (value: number): string => {
  if (value === -0x80000000) return '-0x7fffffff - 1';
  return String(value);
};

/** 64 bits that may be a descriptor's number instead. */
export const u64 = (value: number | bigint): string => {
  const text = value.toString();
  return BigInt(value) > 0x7fffffffn ? `${text}ull` : text;
};

const escapes: ReadonlyMap<number, string> = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x0a, '\\n'],
  [0x09, '\\t'],
  [0x0d, '\\r'],
]);

/** A string literal of the text's UTF-8 bytes. */
export function literal(text: string): string {
  let made = '';
  for (const byte of encodeText(text)) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    // "??" would begin a trigraph where somebody asks for an older C.
    if (plain) made += byte === 0x3f && made.endsWith('?') ? '\\?' : String.fromCharCode(byte);
    else made += escapes.get(byte) ?? `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return `"${made}"`;
}

/** How many bytes a text has. */
export const sizeOf = (text: string): number => encodeText(text).length;

/** A text inside of a comment, on one line. */
export const comment = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replaceAll('*/', '* /')
    .replaceAll('/*', '/ *')
    .replace(/\?(?=\?)/g, '? ') // Compilers warn of trigraphs.
    .trim();

/** Words that a member of a struct cannot have, since C or its headers take them. */
const taken =
  /^(?:alignas|alignof|asm|auto|bool|break|case|char|const|constexpr|continue|default|do|double|else|enum|extern|false|float|for|goto|if|inline|int|long|nullptr|register|restrict|return|short|signed|sizeof|static|struct|switch|true|typedef|typeof|union|unsigned|void|volatile|while|errno|linux|unix|i386|stdin|stdout|stderr|sa_\w+|si_\w+|st_\w+|s6_\w+|sigev_\w+|ifr_\w+|d_\w+|h_\w+|major|minor|makedev|[A-Z][A-Z0-9_]*|_\w*)$/;

/** Identifiers for names that may be any text; each its own. */
export function identifiers(texts: readonly string[], prefix = ''): string[] {
  const made = new Set<string>();
  return texts.map((text) => {
    let plain = prefix + text.replace(/[^A-Za-z0-9_]/g, '_');
    if (/^[0-9]/.test(plain)) plain = `n${plain}`;
    if (taken.test(plain) && prefix === '') plain = `${plain}_`;
    if (/^_/.test(plain)) plain = `n${plain}`;
    let one = plain;
    for (let i = 2; made.has(one); i++) one = `${plain}_${i}`;
    made.add(one);
    return one;
  });
}
