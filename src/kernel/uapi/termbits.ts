/** Settings of a terminal, for x86-64. Linux: include/uapi/asm-generic/termbits.h, termbits-common.h. */

/** asm-generic/termbits.h: how many control characters a terminal has. */
export const NCCS = 0x13;
/** termios(3): the character that sends SIGINT, ^C. */
export const VINTR = 0;
/** termios(3): the character that sends SIGQUIT, ^\. */
export const VQUIT = 1;
/** termios(3): the character that erases one before it. */
export const VERASE = 2;
/** termios(3): the character that erases the line. */
export const VKILL = 3;
/** termios(3): the character that ends the input, ^D. */
export const VEOF = 4;
/** termios(3): how long a read waits for more without ICANON, in tenths of a second. */
export const VTIME = 5;
/** termios(3): how many bytes a read waits for without ICANON. */
export const VMIN = 6;
/** termios(3): the switch character; unused on Linux. */
export const VSWTC = 7;
/** termios(3): the character that starts output again, ^Q. */
export const VSTART = 8;
/** termios(3): the character that stops output, ^S. */
export const VSTOP = 9;
/** termios(3): the character that sends SIGTSTP, ^Z. */
export const VSUSP = 0xa;
/** termios(3): one more character that ends a line. */
export const VEOL = 0xb;
/** termios(3): the character that shows the line again, ^R. */
export const VREPRINT = 0xc;
/** termios(3): the character that drops output; unused on Linux. */
export const VDISCARD = 0xd;
/** termios(3): the character that erases a word, ^W. */
export const VWERASE = 0xe;
/** termios(3): the character that takes the next one as it is, ^V. */
export const VLNEXT = 0xf;
/** termios(3): yet another character that ends a line. */
export const VEOL2 = 0x10;

/** termios(3): input: a break is ignored. */
export const IGNBRK = 1;
/** termios(3): input: a break sends SIGINT. */
export const BRKINT = 2;
/** termios(3): input: bytes with framing or parity errors are ignored. */
export const IGNPAR = 4;
/** termios(3): input: bytes with framing or parity errors are marked. */
export const PARMRK = 8;
/** termios(3): input: parity is checked. */
export const INPCK = 0x10;
/** termios(3): input: the eighth bit is cleared. */
export const ISTRIP = 0x20;
/** termios(3): input: a newline becomes a carriage return. */
export const INLCR = 0x40;
/** termios(3): input: carriage returns are ignored. */
export const IGNCR = 0x80;
/** termios(3): input: a carriage return becomes a newline. */
export const ICRNL = 0x100;
/** termios(3): input: capitals become small letters. */
export const IUCLC = 0x200;
/** termios(3): ^S and ^Q stop and start output. */
export const IXON = 0x400;
/** termios(3): any character starts output again. */
export const IXANY = 0x800;
/** termios(3): input that grows too long is stopped by ^S. */
export const IXOFF = 0x1000;
/** termios(3): the bell rings when the input is full; Linux acts as if it were set. */
export const IMAXBEL = 0x2000;
/** termios(3): input is UTF-8, so that a whole character is erased. */
export const IUTF8 = 0x4000;

/** termios(3): output is worked on at all. */
export const OPOST = 1;
/** termios(3): output: small letters become capitals. */
export const OLCUC = 2;
/** termios(3): output: a newline becomes a carriage return and a newline. */
export const ONLCR = 4;
/** termios(3): output: a carriage return becomes a newline. */
export const OCRNL = 8;
/** termios(3): output: no carriage return in column 0. */
export const ONOCR = 0x10;
/** termios(3): output: a newline also returns to column 0. */
export const ONLRET = 0x20;
/** termios(3): output: delays are made by fill characters. */
export const OFILL = 0x40;
/** termios(3): output: the fill character is DEL; Linux has none of it. */
export const OFDEL = 0x80;
/** termios(3): output: the bits of the delay of tabs. */
export const TABDLY = 0x1800;
/** termios(3): output: tabs become spaces. */
export const XTABS = 0x1800;

/** termios(3): 38400 bits a second. */
export const B38400 = 0xf;
/** termios(3): the bits that are the size of a character. */
export const CSIZE = 0x30;
/** termios(3): characters of 8 bits. */
export const CS8 = 0x30;
/** termios(3): the receiver is on. */
export const CREAD = 0x80;
/** termios(3): parity is made and checked. */
export const PARENB = 0x100;
/** termios(3): the modem hangs up when the last descriptor is closed. */
export const HUPCL = 0x400;
/** termios(3): modem control lines are ignored. */
export const CLOCAL = 0x800;

/** termios(3): the characters of VINTR, VQUIT and VSUSP send signals. */
export const ISIG = 1;
/** termios(3): input comes by lines, which can be edited. */
export const ICANON = 2;
/** termios(3): input is echoed. */
export const ECHO = 8;
/** termios(3): with ICANON, VERASE erases on the screen too. */
export const ECHOE = 0x10;
/** termios(3): with ICANON, VKILL erases the line on the screen too. */
export const ECHOK = 0x20;
/** termios(3): with ICANON, a newline is echoed even without ECHO. */
export const ECHONL = 0x40;
/** termios(3): signals from the keyboard do not drop what is queued. */
export const NOFLSH = 0x80;
/** termios(3): a background process that writes gets SIGTTOU. */
export const TOSTOP = 0x100;
/** termios(3): control characters are echoed as ^X. */
export const ECHOCTL = 0x200;
/** termios(3): characters are printed as they are erased. */
export const ECHOPRT = 0x400;
/** termios(3): VKILL erases each character of the line on the screen. */
export const ECHOKE = 0x800;
/** termios(3): input has the extensions: VLNEXT, VWERASE, VREPRINT, VEOL2. */
export const IEXTEN = 0x8000;
/** asm-generic/termbits.h: lines are edited by the other side, as by telnet. */
export const EXTPROC = 0x10000;

/** tcflow(3): stops output. */
export const TCOOFF = 0;
/** tcflow(3): starts output again. */
export const TCOON = 1;
/** tcflow(3): sends the character that stops the other side. */
export const TCIOFF = 2;
/** tcflow(3): sends the character that starts the other side again. */
export const TCION = 3;
/** tcflush(3): drops what nobody has read. */
export const TCIFLUSH = 0;
/** tcflush(3): drops what has not gone out. */
export const TCOFLUSH = 1;
/** tcflush(3): drops both. */
export const TCIOFLUSH = 2;
/** tcsetattr(3): at once. */
export const TCSANOW = 0;
/** tcsetattr(3): once the output has gone out. */
export const TCSADRAIN = 1;
/** tcsetattr(3): once the output has gone out, and what nobody has read is dropped. */
export const TCSAFLUSH = 2;
