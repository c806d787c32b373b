/** Kinds of characters, of Latin-1. Linux: include/linux/ctype.h, lib/ctype.c. */

const isupper = (c: number): boolean =>
  (c >= 0x41 && c <= 0x5a) || (c >= 0xc0 && c <= 0xde && c !== 0xd7);
const islower = (c: number): boolean => (c >= 0x61 && c <= 0x7a) || (c >= 0xdf && c !== 0xf7);

export const iscntrl = (c: number): boolean => c < 0x20 || c === 0x7f;
export const isalnum = (c: number): boolean => isupper(c) || islower(c) || (c >= 0x30 && c <= 0x39);
export const tolower = (c: number): number => (isupper(c) ? c + 0x20 : c);
export const toupper = (c: number): number => (islower(c) ? c - 0x20 : c);
