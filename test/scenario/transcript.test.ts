import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeText } from '../../src/kernel/bytes.ts';
import { EAGAIN, EOPNOTSUPP } from '../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN, EPOLLRDHUP } from '../../src/kernel/uapi/eventpoll.ts';
import { POLLIN, POLLNVAL } from '../../src/kernel/uapi/poll.ts';
import { payloadBytes, shownText } from '../../src/scenario/payload.ts';
import * as transcript from '../../src/scenario/transcript.ts';

/** The example of the format: equal transcripts are equal bytes, on the simulator and on Linux. */
test('a transcript is written with its keys in order and no white space', () => {
  const ready = [{ events: EPOLLIN, data: 7 }];
  const text = transcript.transcriptText({
    name: 'et-partial-read',
    results: [
      transcript.returnedEntry(0, transcript.returnedFds(0, [3, 4])),
      transcript.blockedEntry(3),
      transcript.lateEntry(3, 4, transcript.returnedEvents(1, ready)),
      transcript.returnedEntry(5, transcript.failed(EAGAIN)),
    ],
    blocked: ['t1'],
  });
  expect(text).toBe(
    '{"name":"et-partial-read","results":[{"step":0,"ret":0,"fds":[3,4]},' +
      '{"step":3,"blocked":true},' +
      '{"step":3,"after":4,"ret":1,"events":[{"events":"EPOLLIN","data":7}]},' +
      '{"step":5,"ret":-1,"errno":"EAGAIN"}],"blocked":["t1"]}',
  );
});

/** A player that fills in a result as it goes. */
test('the text does not depend on the order in which an object got its fields', () => {
  const entry = { value: '1', ret: 8, after: 2, step: 1 };
  expect(transcript.entryText(entry)).toBe('{"step":1,"after":2,"ret":8,"value":"1"}');
});

/** A reader of a batch tells by the keys whether the scenario came to its end. */
test('a transcript with an error has no "blocked"', () => {
  const error = new Error('step 0: unknown call "x"');
  expect(transcript.transcriptText(transcript.errorTranscript('a', error))).toBe(
    '{"name":"a","results":[],"error":"step 0: unknown call \\"x\\""}',
  );
});

/** recv(2), MSG_TRUNC: the result is the length of the datagram, and the buffer has less. */
test.each([
  [6, 'abc', { ret: 6, data: 'abc' }],
  [65, 'abc', { ret: 65 }],
  [6, '', { ret: 6 }],
])('of %i bytes of which %j fit a transcript shows %j', (ret, stored, result) => {
  expect(transcript.returnedBytes(ret, encodeText(stored))).toEqual(result);
});

/** Pointers in epoll_data: rounded to a double they would point somewhere else. */
test('epoll data keeps all of its 64 bits', () => {
  const result = transcript.returnedEvents(1, [{ events: EPOLLIN, data: 0xffffffffffffffffn }]);
  expect(transcript.resultText(result)).toContain('"data":18446744073709551615}');
});

/** The order of bits, not of the manual page; and EPOLLET is the sign bit. */
test('flag words are names in the order of their bits', () => {
  const data = 0;
  const events = [
    { events: EPOLLRDHUP | EPOLLIN, data },
    { events: EPOLLET | EPOLLIN, data },
    { events: 0, data },
  ];
  expect(transcript.returnedEvents(3, events).events?.map((event) => event.events)).toEqual([
    'EPOLLIN|EPOLLRDHUP',
    'EPOLLIN|EPOLLET',
    '0',
  ]);
  expect(transcript.returnedRevents(1, [POLLIN | POLLNVAL, 0]).revents).toEqual([
    'POLLIN|POLLNVAL',
    '0',
  ]);
});

/** The kernel's name where an errno has two, as strace prints it. */
test('an errno has the name that Linux gives it', () => {
  expect(transcript.failed(EOPNOTSUPP)).toEqual({ ret: -1, errno: 'EOPNOTSUPP' });
  expect(transcript.returnedSocketError(0, 0)).toEqual({ ret: 0, value: '0' });
});

/** Binary data has no place in a line of JSON that people compare by eye. */
test('bytes are shown when there are 1 to 64 of them, all printable ASCII', () => {
  expect(shownText(encodeText('x'.repeat(64)))).toBe('x'.repeat(64));
  expect(shownText(encodeText('x'.repeat(65)))).toBeUndefined();
  expect(shownText(encodeText(''))).toBeUndefined();
  expect(shownText(encodeText(' ~'))).toBe(' ~');
  expect(shownText(encodeText('a\n'))).toBeUndefined();
  expect(shownText(encodeText('a\x7f'))).toBeUndefined();
  expect(shownText(encodeText('é'))).toBeUndefined();
});

/** Eight bytes, or write() to an eventfd fails with EINVAL. */
test('the value of a write is eight bytes, the lowest first', () => {
  const bytes = payloadBytes({ data: undefined, bytes: undefined, value: 0x0102n });
  expect([...bytes]).toEqual([2, 1, 0, 0, 0, 0, 0, 0]);
});

/** A browser and Node have to write the same bytes, with or without TextEncoder. */
test('encodeText() agrees with TextEncoder', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect([...encodeText(text)]).toEqual([...new TextEncoder().encode(text)]);
    }),
  );
});

/** Any program that reads transcripts with an ordinary JSON parser. */
test('JSON.parse() gives back the results that were written', () => {
  const words = fc.stringMatching(/^[A-Z|]{1,20}$/);
  const list = fc.array(fc.nat());
  const event = fc.record({ events: words, data: fc.nat() });
  const result = fc.record(
    {
      ret: fc.nat(),
      fds: list,
      events: fc.array(event),
      revents: fc.array(words),
      read: list,
      write: list,
      except: list,
      data: fc.string(),
      value: fc.oneof(fc.nat(), words),
    },
    { requiredKeys: ['ret'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.string(), fc.array(result), (name, results) => {
      const entries = results.map((one, step) => transcript.returnedEntry(step, one));
      const text = transcript.transcriptText({ name, results: entries, blocked: [] });
      expect(JSON.parse(text)).toEqual({ name, results: entries, blocked: [] });
    }),
  );
});

/** A subset test against a real kernel compares outcomes as text. */
test('outcomes are distinct and in ascending order', () => {
  const outcome = (ret: number) =>
    transcript.outcomeText(['main', '1'], [[{ ret }], ['blocked']], [{ ret: 0 }, 'blocked']);
  const text = transcript.outcomeSetText({
    name: 'x',
    outcomes: [outcome(2), outcome(1), outcome(2)],
    executions: 3,
    complete: true,
  });
  const one = (ret: number) =>
    `{"main":[{"ret":${ret}}],"1":["blocked"],"after":[{"ret":0},"blocked"]}`;
  expect(text).toBe(`{"name":"x","outcomes":[${one(1)},${one(2)}],"executions":3,"complete":true}`);
});
